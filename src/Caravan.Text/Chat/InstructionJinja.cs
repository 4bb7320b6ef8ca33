namespace Caravan.Text;

/// <summary>The instruction layouts as Jinja templates.</summary>
internal static class InstructionJinja
{
    /// <param name="afterResponse">What follows the heading of the response, escaped for a Jinja string.</param>
    public static string Write(string noInput, string input, string afterResponse)
    {
        string Escaped(string text) => text.Replace("\n", "\\n");
        return "{% if messages[0]['role'] == 'system' %}"
            + $"{{{{ '{Escaped(input)}### Instruction:\\n' + messages[0]['content'] + '\\n\\n### Input:\\n'"
            + " + messages[1]['content'] }}"
            + $"{{% else %}}{{{{ '{Escaped(noInput)}### Instruction:\\n' + messages[0]['content'] }}}}{{% endif %}}"
            + $"{{{{ '\\n\\n### Response:{afterResponse}' }}}}"
            + "{% if messages[-1]['role'] == 'assistant' %}"
            + "{% generation %}{{ messages[-1]['content'] + eos_token }}{% endgeneration %}{% endif %}";
    }
}
