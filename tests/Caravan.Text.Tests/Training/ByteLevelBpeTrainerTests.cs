using System.Text.RegularExpressions;

namespace Caravan.Text.Tests.Training;

public sealed class ByteLevelBpeTrainerTests
{
    private static readonly string[] Texts =
    [
        "the caravan leaves the town", "the town lies behind the caravan", "12 camels and 120 camels are 132 camels",
        "caf\u00e9 \u4f60\u597d \U0001f42a the end", "the the the the",
    ];

    [Fact]
    public void Train_SmallText_MergesTheMostFrequentPairsFirst()
    {
        var tokenizer = Train(["aab aab aab ab"], 3 + 256 + 3);

        // "ab" occurs 4 times, then "a" + "ab" 3 times, then " " + "aab" twice.
        Assert.Equal(["ab", "aab", "\u0120aab"], Enumerable.Range(259, 3).Select(tokenizer.TokenOf));
    }

    [Fact]
    public void Train_SpecialTokens_TakeTheFirstIds()
    {
        var tokenizer = Train(Texts, 270);

        Assert.Equal(270, tokenizer.VocabularySize);
        Assert.Equal((0, 1, 2), (tokenizer.BosTokenId, tokenizer.EosTokenId, tokenizer.PadTokenId));
        Assert.Equal(0, tokenizer.Encode("the")[0]);
        Assert.Equal([1], tokenizer.Encode("</s>", addSpecialTokens: false));
    }

    [Fact]
    public void Train_Digits_StaySingle()
    {
        var tokenizer = Train(Enumerable.Repeat("1212121212 1212", 50), 400);

        Assert.Equal(["\u0120", "1", "2", "1"], tokenizer.Encode(" 121", false).Select(tokenizer.TokenOf));
    }

    [Fact]
    public void Train_Twice_GivesTheSameFiles()
    {
        using var first = new TemporaryFolder();
        using var second = new TemporaryFolder();
        Train(Texts, 290).Save(first.Path);
        Train(Texts, 290).Save(second.Path);

        foreach (var file in Directory.GetFiles(first.Path))
            Assert.Equal(File.ReadAllText(file), File.ReadAllText(Path.Combine(second.Path, Path.GetFileName(file))));
        Assert.Equal(3, Directory.GetFiles(first.Path).Length);
    }

    [Fact]
    public void Train_SavedAndLoaded_EncodesTheSame()
    {
        using var folder = new TemporaryFolder();
        var options = new ByteLevelBpeOptions
        {
            VocabularySize = 320,
            ModelMaxLength = 512,
            ChatTemplate = ChatTemplate.Tulu.JinjaSource,
        };
        var trained = ByteLevelBpeTrainer.Train(Texts, options, TestContext.Current.CancellationToken);
        trained.Save(folder.Path);
        var loaded = Tokenizer.Load(folder.Path);

        Assert.Equal((512, ChatTemplate.Tulu.JinjaSource), (loaded.ModelMaxLength, loaded.ChatTemplateSource));
        foreach (var text in Texts)
        {
            Assert.Equal(trained.Encode(text), loaded.Encode(text));
            Assert.Equal(text, loaded.Decode(loaded.Encode(text)));
        }
    }

    [Fact]
    public void Train_AnyText_AgreesWithRecountingEveryPair()
    {
        var random = new Random(7);
        var texts = Enumerable.Range(0, 30)
            .Select(_ => string.Concat(Enumerable.Range(0, 40).Select(_ => "abcde  "[random.Next(7)])))
            .ToList();
        var tokenizer = Train(texts, 259 + 60);

        var words = texts.SelectMany(text => Regex.Matches(text, @" ?\p{L}+|\s+(?!\S)|\s+"))
            .Select(word => word.Value.Select(c => 3 + (int)c).ToList()).ToList();
        for (var id = 259; id < tokenizer.VocabularySize; id++)
        {
            var counts = new Dictionary<(int, int), int>();
            foreach (var word in words)
            {
                for (var i = 0; i + 1 < word.Count; i++)
                    counts[(word[i], word[i + 1])] = counts.GetValueOrDefault((word[i], word[i + 1])) + 1;
            }
            var best = counts.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key).First().Key;
            Assert.Equal(tokenizer.TokenOf(best.Item1) + tokenizer.TokenOf(best.Item2), tokenizer.TokenOf(id));
            foreach (var word in words)
            {
                for (var i = 0; i + 1 < word.Count; i++)
                {
                    if ((word[i], word[i + 1]) == best)
                    {
                        word[i] = id;
                        word.RemoveAt(i + 1);
                    }
                }
            }
        }
    }

    [Fact]
    public void Train_VocabularyTooSmall_IsAnError() => Assert.Throws<ArgumentException>(
        () => Train(Texts, 258));

    private static Tokenizer Train(IEnumerable<string> texts, int vocabularySize) =>
        ByteLevelBpeTrainer.Train(
            texts, new() { VocabularySize = vocabularySize }, TestContext.Current.CancellationToken);
}
