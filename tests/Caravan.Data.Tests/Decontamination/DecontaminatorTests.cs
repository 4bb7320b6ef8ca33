using Caravan.Data.Decontamination;
using Caravan.Files;

namespace Caravan.Data.Tests.Decontamination;

public sealed class DecontaminatorTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static InstructionRecord Record(string id, string user, string assistant = "yes") =>
        new("d", id, [new("user", user), new("assistant", assistant)]);

    private static TestSet Questions(params string[][] fields) => new("bench", fields, 0);

    private static List<string> Search(
        TestSet set, DecontaminationSettings settings, params InstructionRecord[] records) =>
        [.. new Decontaminator([set], settings).Search(records, TestContext.Current.CancellationToken)
            .SelectMany(pair => pair.Found).Select(found => $"{found.RecordId}:{found.Question}:{found.Score:0.##}")];

    [Fact]
    public void Search_WholeQuestions_NeedsEveryFieldAsAPhrase() => Assert.Equal(
        ["a:0:1", "e:1:1"],
        Search(Questions(["How far is it?", "To the moon"], ["What is 2+2"]), new(),
            Record("a", "Tell me: how far IS it (to the moon), please"), Record("b", "how far is it"),
            Record("c", "how far it is to the moon"), Record("d", "2+2 is what"), Record("e", "So, what is 2+2?"),
            Record("f", "x", "What is 2+2")));

    [Fact]
    public void Search_Ngrams_ScoresTheCoveredPart()
    {
        var set = Questions(["one two three four five six seven eight"]);
        var settings = new DecontaminationSettings { NgramSize = 3, Threshold = 0.5 };
        Assert.Equal(["a:0:1", "c:0:0.75"], Search(set, settings,
            Record("a", "zero one two three four five six seven eight nine"),
            Record("b", "one two three x y four"),
            Record("c", "six seven eight and one two three")));
        // Exactly the threshold is not above it.
        Assert.Empty(Search(set, settings, Record("d", "one two three four")));
    }

    [Fact]
    public void Search_QuestionShorterThanARun_IsLookedForWhole()
    {
        var search = new Decontaminator([Questions(["What now"])], new() { NgramSize = 8, Threshold = 0.5 });
        var found = search.Search(
            [Record("a", "and what now"), Record("b", "what")], TestContext.Current.CancellationToken)
            .Where(pair => pair.Found.Count > 0).Select(pair => pair.Record.Id);
        Assert.Equal(["a"], found);
        var report = search.Reports.Single();
        Assert.Equal(
            (1, 1, 1, 1.0), (report.ShortQuestions, report.Found, report.ContaminatedRecords, report.MeanScore));
    }

    [Fact]
    public void Search_AgainstEveryPairByBruteForce_FindsTheSame()
    {
        var random = new Random(3);
        string Text(int words) => string.Join(" ", Enumerable.Range(0, words).Select(_ => "abc"[random.Next(3)]));
        string[][] questions = [.. Enumerable.Range(0, 40).Select(_ => new[] { Text(random.Next(3, 9)) })];
        InstructionRecord[] records = [.. Enumerable.Range(
            0, 200).Select(i => Record($"{i}", Text(random.Next(1, 20))))];
        var expected = new List<string>();
        foreach (var record in records)
        {
            var text = $" {record.Messages[0].Content} ";
            for (var question = 0; question < questions.Length; question++)
            {
                if (text.Contains($" {questions[question][0]} "))
                    expected.Add($"{record.Id}:{question}:1");
            }
        }
        Assert.Equal(expected, Search(Questions(questions), new(), records));
        Assert.NotEmpty(expected);
    }

    [Theory]
    [InlineData(TextAnalyzer.Pattern, "")]
    [InlineData(TextAnalyzer.Standard, "a:0:1")]
    public void Search_Analyzers_DifferInOperators(TextAnalyzer analyzer, string expected) => Assert.Equal(
        expected, string.Join(
            ",", Search(Questions(["x = 3"]), new() { Analyzer = analyzer }, Record("a", "if x / 3"))));

    [Fact]
    public void Write_PublishedBenchmark_IsFoundAndRemoved()
    {
        var gsm8k = Repository.SharedData("eval/gsm8k/test.jsonl");
        var set = TestSet.Read(gsm8k, ["question"]);
        Assert.Equal(1319, set.Questions.Count);
        var train = _folder.In("train.jsonl");
        InstructionFile.Write(train,
        [
            Record("clean", "What is the capital of France?"), Record("leak", "Solve: " + set.Questions[7][0]),
            Record("half", string.Join(" ", set.Questions[9][0].Split(' ').Take(20))),
        ]);
        var outcome = CleanedData.Write(train, [set], new() { NgramSize = 8, Threshold = 0.9 }, _folder.In("out"),
            TestContext.Current.CancellationToken);
        Assert.Equal((2, 1), (outcome.Kept, outcome.Removed));
        Assert.Equal(("leak", "\"contaminated_by\": [\"test\"]"), InstructionFile.Read(
            _folder.In("out/train_removed.jsonl")).Select(record => (record.Id, record.OtherKeys)).Single());
        Assert.Contains("\"contaminated_records\": 1", File.ReadAllText(_folder.In("out/contamination_report.json")));
        Assert.Contains("\"question\": 7", File.ReadAllText(_folder.In("out/matches.jsonl")));
        Assert.StartsWith("\ttest\ntrain\t0.00", File.ReadAllText(_folder.In("out/contamination_report.tsv")));
    }

    [Fact]
    public void Read_MissingOrNullFields_AreToldApart()
    {
        var path = _folder.Write("t.jsonl", "{\"q\": \"a b\"}\n{\"q\": null}\n{\"q\": 7}");
        var set = TestSet.Read(path, ["q"]);
        Assert.Equal((2, 1), (set.Questions.Count, set.WithoutText));
        Assert.Contains("there is no field \"question\"; the record has q.",
            Assert.Throws<BadInputException>(() => TestSet.Read(path, ["question"])).Message);
    }

    [Fact]
    public void ReadAll_FieldsOfTheirOwn_AndFilesOfOneName_AreToldApart()
    {
        var first = _folder.Write("a/test.jsonl", """{"question": "one two"}""");
        var second = _folder.Write("b/test.jsonl", """{"prompt": "three", "more": "four"}""");
        var third = _folder.Write("c=d.jsonl", """{"question": "five"}""");
        var sets = TestSet.ReadAll([first, second + "=prompt,more", third], ["question"]);
        Assert.Equal([first, second, "c=d"], sets.Select(set => set.Name));
        Assert.Equal(["three", "four"], sets[1].Questions[0]);
    }

    [Fact]
    public void Settings_Impossible_AreRefused()
    {
        foreach (var settings in new DecontaminationSettings[]
                 {
                     new() { NgramSize = 8 }, new() { NgramSize = 0, Threshold = 0.5 },
                         new() { NgramSize = 3, Threshold = 1 },
                     new() { Roles = ["human"] },
                 })
        {
            Assert.Throws<BadInputException>(() => new Decontaminator([], settings));
        }
    }
}
