using Caravan.Checkpoints;
using Caravan.Text;

namespace Caravan.Training.Run;

/// <summary>What a finished model needs beside its weights.</summary>
internal static class ModelFiles
{
    /// <summary>The tokenizer with the layout that was trained, and where other tools find the token that ends an
    /// answer; the base model's own generation settings stay as they are.</summary>
    public static void Write(string folder, string baseModel, Tokenizer tokenizer, ChatTemplate template)
    {
        tokenizer.WithChatTemplate(template.JinjaSource).Save(folder);
        var config = GenerationConfigFile.Find(baseModel) ?? GenerationConfigFile.Create();
        if (tokenizer.BosTokenId is { } bos)
            config.Set("bos_token_id", bos);
        if (tokenizer.EosTokenId is { } eos)
            config.Set("eos_token_id", eos);
        config.Write(folder);
    }
}
