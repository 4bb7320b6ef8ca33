using System.Security.Cryptography;
using Caravan.Data;

namespace Caravan.Samples.Tests;

public class InstructionSetTests
{
    private const int TrainingExamples = 40_000;
    private const int HeldOutPerKind = 50;
    private static readonly InstructionSplit Split = InstructionSet.Generate(1, TrainingExamples, HeldOutPerKind);

    public static TheoryData<string> KindNames => [.. InstructionSet.Kinds.Select(kind => kind.Name)];

    private static IEnumerable<InstructionRecord> All => Split.Training.Concat(Split.HeldOut);

    [Theory]
    [MemberData(nameof(KindNames))]
    public void Answer_OfEveryRecord_EqualsTheIndependentChecker(string kind)
    {
        foreach (var record in All.Where(record => record.Dataset == kind))
        {
            var expected = AnswerChecker.Answer(kind, [.. record.Messages.SkipLast(1)]);
            Assert.True(
                expected == record.Messages[^1].Content,
                $"{record.Id}: {record.Messages[^2].Content} → {record.Messages[^1].Content}, not {expected}");
        }
    }

    [Fact]
    public void Generate_SameSeed_GivesTheSameBytesOnEveryMachine()
    {
        Assert.Equal("2c4e294642020442665036cd37724d19659ff685a33afea2f304ddf019abb2ec", Hash(Split.Training));
        Assert.Equal("56ddec92e9bd144baaf1140f241cdc91259a454e6e49d00e9d22961f73f87756", Hash(Split.HeldOut));
    }

    [Fact]
    public void Generate_OtherSeed_GivesOtherRecords()
    {
        var other = InstructionSet.Generate(2, 1000, 5);
        Assert.NotEqual(Hash(InstructionSet.Generate(1, 1000, 5).Training), Hash(other.Training));
        Assert.NotEqual(Hash(InstructionSet.Generate(1, 1000, 5).HeldOut), Hash(other.HeldOut));
    }

    [Fact]
    public void Generate_Counts_AreTheOnesAskedFor()
    {
        Assert.Equal(TrainingExamples, Split.Training.Count);
        Assert.Equal(HeldOutPerKind * InstructionSet.Kinds.Count, Split.HeldOut.Count);
        Assert.All(Split.HeldOut.CountBy(record => record.Dataset), count => Assert.Equal(HeldOutPerKind, count.Value));
    }

    [Fact]
    public void Training_OfEveryKind_HasItsShare()
    {
        var counts = Split.Training.CountBy(record => record.Dataset).ToDictionary();
        Assert.Equal(InstructionSet.Kinds.Select(kind => kind.Name).Order(), counts.Keys.Order());
        Assert.All(counts.Values, count => Assert.InRange(count, TrainingExamples / 40, TrainingExamples / 3));
    }

    [Fact]
    public void Prompts_HeldOut_AreAllDifferentAndNeverInTraining()
    {
        var heldOut = Split.HeldOut.Select(Prompt).ToHashSet();
        Assert.Equal(Split.HeldOut.Count, heldOut.Count);
        Assert.DoesNotContain(Split.Training, record => heldOut.Contains(Prompt(record)));
    }

    [Fact]
    public void YesNo_Answers_AreBalanced() =>
        Assert.InRange(
            Split.Training.Where(record => record.Dataset == "yes-no")
                .Average(record => record.Messages[^1].Content == "Yes" ? 1.0 : 0.0),
            0.45, 0.55);

    [Fact]
    public void Records_AreShortPlainAsciiConversations() => Assert.All(All, record =>
    {
        Assert.Equal(0, record.Messages.Count % 2);
        Assert.All(record.Messages.Index(), m => Assert.Equal(m.Index % 2 == 0 ? "user" : "assistant", m.Item.Role));
        Assert.All(record.Messages, m => Assert.True(m.Content.Length > 0 && m.Content == m.Content.Trim()));
        Assert.All(record.Messages, m => Assert.True(m.Content.All(c => c == '\n' || c is >= ' ' and <= '~')));
        Assert.InRange(record.Messages.Sum(message => message.Content.Length), 4, 200);
    });

    [Fact]
    public void Ids_AreDifferent() => Assert.Equal(All.Count(), All.DistinctBy(record => record.Id).Count());

    [Fact]
    public void Generate_MoreThanAKindHolds_NamesTheKind()
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => InstructionSet.Generate(1, 10, 100_000));
        Assert.StartsWith("arithmetic (Full) has only about", error.Message);
    }

    [Theory]
    [InlineData(50_000, 100)]
    [InlineData(100, 1)]
    public void Generate_SizesOfTheProgram_AreWithinEveryKindsSupply(int training, int heldOut) =>
        Assert.Equal(training, InstructionSet.Generate(7, training, heldOut).Training.Count);

    private static string Prompt(InstructionRecord record) =>
        string.Join('\n', record.Messages.SkipLast(1).Select(message => message.Content));

    private static string Hash(IEnumerable<InstructionRecord> records)
    {
        var stream = new MemoryStream();
        using (var writer = new InstructionWriter(stream))
        {
            foreach (var record in records)
                writer.Write(record);
        }
        return Convert.ToHexStringLower(SHA256.HashData(stream.ToArray()));
    }
}
