using System.Security.Cryptography;
using System.Text;
using Caravan.Text;

namespace Caravan.Data;

/// <summary>What, besides the records themselves, decides which tokens they become.</summary>
/// <param name="MaxLength">Longer records are cut to so many tokens.</param>
public sealed record TokenizationSettings(Tokenizer Tokenizer, ChatTemplate Template, int MaxLength)
{
    // Raised when the same records and settings give other tokens than before.
    private const int Version = 1;

    /// <summary>A hash of all of it and of the file that is tokenised: equal where the tokens are.</summary>
    internal string KeyFor(string fileName, string fileSha256)
    {
        // Records without a name of their own are named after the file.
        string[] parts =
        [
            $"{Version}", fileName, fileSha256, Tokenizer.Fingerprint, Template.Name, Template.JinjaSource,
            $"{MaxLength}",
        ];
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', parts))));
    }
}
