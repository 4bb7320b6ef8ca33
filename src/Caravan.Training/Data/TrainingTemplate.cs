using Caravan.Files;
using Caravan.Text;

namespace Caravan.Training.Data;

/// <summary>The layout of a run's conversations.</summary>
internal static class TrainingTemplate
{
    /// <summary>What <c>chat_template_name</c> and <c>add_bos</c> ask for.</summary>
    /// <exception cref="BadInputException">The tokenizer has no template or no bos token of its own.</exception>
    public static ChatTemplate Of(SftConfig config, Tokenizer tokenizer)
    {
        var template = config.ChatTemplateName == "tokenizer"
            ? ChatTemplate.FromJinja(tokenizer.ChatTemplateSource ?? throw new BadInputException(
                "chat_template_name is tokenizer, and the tokenizer's files have no chat template. " +
                "Name one, such as tulu."))
            : ChatTemplate.ByName(config.ChatTemplateName);
        if (!config.AddBos)
            return template;
        if (tokenizer.BosToken is null)
        {
            throw new BadInputException(
                "add_bos: the tokenizer has no bos token. Set bos_token in tokenizer_config.json.");
        }
        return ChatTemplate.FromJinja("{{ bos_token }}" + template.JinjaSource, template.Name);
    }
}
