using System.Text;

namespace Caravan.Text.Tests;

/// <summary>The texts of tests/golden/text/make_corpus.py: every line of the shared data, and random ones.</summary>
internal static class CorpusTexts
{
    private const int RandomTexts = 60_000;

    private static readonly (int First, int Last)[] Ranges =
    [
        (0x20, 0x7E), (0x20, 0x7E), (0x61, 0x7A), (0x30, 0x39), (0x00, 0xFF), (0x100, 0x24F), (0x300, 0x36F), (0x370,
            0x52F),
        (0x590, 0x6FF), (0x900, 0x97F), (0xE00, 0xE7F), (0x1100, 0x11FF), (0x2000, 0x206F), (0x2190, 0x23FF),
        (0x2580, 0x259F), (0x3040, 0x30FF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0xE000, 0xE010), (0xFB00, 0xFDFF),
        (0xFE00, 0xFFFD), (0x1F1E6, 0x1F1FF), (0x1F300, 0x1F64F), (0x1D400, 0x1D7FF), (0x20000, 0x200FF),
    ];

    private static readonly string[] Words =
    [
        "the ", "caravan", " ", "  ", "\n", "\t", "\r\n", "'s", "'LL", "1234", "\u200d", "\ufe0f", "e\u0301", "\u2581",
        "\u00a0", "_", "...", "</", "<0x0A>",
    ];

    public static List<string> All()
    {
        string[] special = ["<s>", "</s>", "<unk>"];
        return [.. DataTexts().Concat(Random()).Where(text =>
            !special.Any(token => text.Contains(token, StringComparison.Ordinal)))];
    }

    private static IEnumerable<string> DataTexts()
    {
        var data = Repository.SharedData("");
        string[] folders = ["eval/alpaca_eval", "eval/bbh", "eval/gsm8k", "human_eval", "raw/code_alpaca"];
        return folders
            .SelectMany(folder => Directory.GetFiles(Path.Combine(data, folder), "*", SearchOption.AllDirectories))
            .Where(path => Path.GetExtension(path) is ".json" or ".jsonl" or ".txt" or ".md")
            .Select(path => Path.GetRelativePath(data, path))
            .Order(StringComparer.Ordinal)
            .SelectMany(path => Encoding.UTF8.GetString(File.ReadAllBytes(Path.Combine(data, path))).Split('\n'));
    }

    private static IEnumerable<string> Random()
    {
        var state = 20230519UL;
        int Below(int bound)
        {
            state = unchecked((state * 6364136223846793005UL) + 1442695040888963407UL);
            return (int)((state >> 33) % (ulong)bound);
        }
        for (var i = 0; i < RandomTexts; i++)
        {
            var text = new StringBuilder();
            var (first, last) = Ranges[Below(Ranges.Length)];
            var parts = 1 + Below(40);
            for (var part = 0; part < parts; part++)
            {
                var kind = Below(8);
                if (kind == 0)
                    (first, last) = Ranges[Below(Ranges.Length)];
                if (kind == 1)
                    text.Append(Words[Below(Words.Length)]);
                else
                    text.Append(new Rune(first + Below(last - first + 1)));
            }
            yield return text.ToString();
        }
    }
}
