namespace Caravan.Text;

/// <summary>The layouts made of independent turns.</summary>
internal static class TurnTemplates
{
    public static TurnTemplate Llama3 { get; } = new(
        "llama-3",
        role => Roles(role) ? $"<|start_header_id|>{role}<|end_header_id|>\n\n" : null,
        _ => "<|eot_id|>",
        afterTurn: "",
        opening: "",
        trims: true,
        Jinja(
            "llama-3",
            "'<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'",
            "message['content'] | trim + '<|eot_id|>'",
            after: "",
            "'<|start_header_id|>assistant<|end_header_id|>\\n\\n'",
            opening: "{{ bos_token }}"));

    public static TurnTemplate ChatMl { get; } = new(
        "chatml",
        role => Roles(role) ? $"<|im_start|>{role}\n" : null,
        _ => "<|im_end|>",
        afterTurn: "\n",
        opening: "",
        trims: false,
        Jinja(
            "chatml",
            "'<|im_start|>' + message['role'] + '\\n'",
            "message['content'] + '<|im_end|>'",
            "{{ '\\n' }}",
            "'<|im_start|>assistant\\n'",
            opening: ""));

    public static TurnTemplate Zephyr { get; } = new(
        "zephyr",
        role => Roles(role) ? $"<|{role}|>\n" : null,
        _ => "{eos}",
        afterTurn: "\n",
        opening: "",
        trims: false,
        Jinja(
            "zephyr",
            "'<|' + message['role'] + '|>\\n'",
            "message['content'] + eos_token",
            "{{ '\\n' }}",
            "'<|assistant|>\\n'",
            opening: ""));

    private static bool Roles(string role) => role is "system" or "user" or "assistant";

    private static string Jinja(
        string name, string header, string content, string after, string generationPrompt, string opening) =>
        opening + "{% for message in messages %}"
        + "{% if message['role'] not in ['system', 'user', 'assistant'] %}"
        + $"{{{{ raise_exception('The chat template \"{name}\" has no role ' + message['role']) }}}}{{% endif %}}"
        + $"{{{{ {header} }}}}"
        + "{% if message['role'] == 'assistant' %}"
        + $"{{% generation %}}{{{{ {content} }}}}{{% endgeneration %}}{{% else %}}{{{{ {content} }}}}{{% endif %}}"
        + after
        + $"{{% endfor %}}{{% if add_generation_prompt %}}{{{{ {generationPrompt} }}}}{{% endif %}}";
}
