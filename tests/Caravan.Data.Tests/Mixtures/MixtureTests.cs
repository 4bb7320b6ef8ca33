using Caravan.Data.Conversion;
using Caravan.Data.Lineage;
using Caravan.Data.Mixtures;
using Caravan.Files;

namespace Caravan.Data.Tests.Mixtures;

public sealed class MixtureTests : IDisposable
{
    private const string Recipe = """
        name: my-mix
        seed: 7
        filters: [entities, empty_messages]
        unfiltered: [dolly]
        parts:
          - dataset: dolly
            amount: 2.5
          - file: own.jsonl
            amount: 50%
          - dataset: lima
            options: { num_examples: 1 }
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static string Alpaca(int i, string answer = "ok") =>
        $$"""{"instruction": "q{{i}}", "context": "", "response": "{{answer}}{{i}}"}""";

    private void Raw()
    {
        _folder.Write(
            "raw/dolly/databricks-dolly-15k.jsonl", $"{Alpaca(0, "ChatGPT")}\n{Alpaca(1)}\n{Alpaca(2)}\n{Alpaca(3)}\n");
        _folder.Write("own.jsonl", string.Join("\n", Enumerable.Range(0, 10).Select(i =>
            $$"""
                {"dataset": "own", "id": "own_{{i}}", "messages": [{"role": "user", "content": "q"},
                {"role": "assistant", "content": "{{(i % 2 == 0 ? "a bombard" : "fine")}}"}]}
                """.OneLine())));
        _folder.Write("raw/lima/lima_train.jsonl", """
            {"conversations": ["a", "b"]}
            {"conversations": ["c", "d"]}
            """);
    }

    private Manifest Build(string recipe, string output, int threads = 2, string policy = "any")
    {
        var mixture = MixtureFile.Parse(recipe, _folder.In("mix.yaml"));
        return new MixtureBuilder(mixture, _folder.In("raw"), _folder.In(output), new() { Threads = threads },
            TestContext.Current.CancellationToken)
        { LicencePolicyName = policy }.Build();
    }

    [Fact]
    public void Build_TakesRepeatsAndFilters_AndAccountsForAll()
    {
        Raw();
        var manifest = Build(Recipe, "out");
        var records = InstructionFile.Read(_folder.In("out/my-mix/my_mix_data.jsonl")).ToList();
        var rejected = InstructionFile.Read(_folder.In("out/my-mix/my_mix_filtered_data.jsonl")).ToList();
        Assert.Equal(10, records.Count(record => record.Dataset == "dolly"));
        Assert.Equal(5, records.Concat(rejected).Count(record => record.Dataset == "own"));
        Assert.Single(records, record => record.Dataset == "lima");
        Assert.All(rejected, record => Assert.Contains("bombard", record.Messages[1].Content));
        Assert.DoesNotContain(records, record => record.Messages[1].Content.Contains("bombard"));
        Assert.Equal((16, records.Count, rejected.Count),
            (manifest.Read, manifest.Kept, manifest.Skipped.GetValueOrDefault("entities")));
        Assert.Equal([(4L, 10L), (10L, 5L), (1L, 1L)], manifest.Parts.Select(part => (part.Available, part.Taken)));
        Assert.Equal("none stated", manifest.Licence.Name);
        var reread = Manifest.Load(_folder.In("out/my-mix/my_mix_data.report.json"));
        Assert.Equal(manifest.Output, reread.Output);
        Assert.Equal(["dolly", "own", "lima"], reread.Licences.Select(source => source.Dataset));
        var html = File.ReadAllText(_folder.In("out/my-mix/report.html"));
        Assert.Contains(manifest.Output.Sha256, html);
        Assert.Contains("<svg", html);
    }

    [Fact]
    public void Build_Twice_GivesTheSameBytes()
    {
        Raw();
        var shuffled = Recipe.Replace("seed: 7", "seed: 7\nshuffle: true");
        var first = Build(shuffled, "one", threads: 1);
        var second = Build(shuffled, "two", threads: 4);
        foreach (var file in new[] { "my_mix_data.jsonl", "my_mix_data.report.json", "my_mix_statistics.json",
            "report.html" })
            Assert.Equal(File.ReadAllBytes(
                _folder.In($"one/my-mix/{file}")), File.ReadAllBytes(_folder.In($"two/my-mix/{file}")));
        Assert.Equal(first.Output, second.Output);
        Assert.NotEqual(first.Output, Build(Recipe, "three").Output);
        Assert.NotEqual(first.Output, Build(shuffled.Replace("seed: 7", "seed: 8"), "four").Output);
    }

    [Fact]
    public void Build_WhatCannotBe_IsExplainedBeforeAnythingIsWritten()
    {
        Assert.Contains("raw/dolly", Assert.Throws<BadInputException>(() => Build(Recipe, "out")).Message);
        Raw();
        Assert.Contains("does not allow own (none stated), lima (CC BY-NC-SA)",
            Assert.Throws<BadInputException>(() => Build(Recipe, "out", policy: "commercial")).Message);
        Directory.CreateDirectory(_folder.In("out/my-mix/old_subset"));
        Assert.Contains("another recipe", Assert.Throws<BadInputException>(() => Build(Recipe, "out")).Message);
    }

    [Fact]
    public void Build_PartOfADataset_IsInTheOrderOfTheDraw_OrKeepsItsOwn()
    {
        Raw();
        var recipe = "name: half\nseed: 3\nparts: [{file: own.jsonl, amount: 5}]";
        string[] Ids(string recipe, string output)
        {
            Build(recipe, output);
            return [.. InstructionFile.Read(_folder.In($"{output}/half/half_data.jsonl")).Select(record => record.Id)];
        }
        var (drawn, kept) = (Ids(recipe, "one"), Ids(recipe + "\nkeep_order: true", "two"));
        Assert.Equal(5, drawn.Distinct().Count());
        Assert.Equal(drawn.Order(), kept);
        Assert.NotEqual(drawn, kept);
    }

    [Fact]
    public void Build_WhatElseARecordHas_GoesAlong()
    {
        _folder.Write("own.jsonl", """
            {"source": "s", "messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}
            """);
        Build("name: x\nparts: [{file: own.jsonl}]", "out");
        Assert.Equal("\"source\": \"s\"", InstructionFile.Read(_folder.In("out/x/x_data.jsonl")).Single().OtherKeys);
    }

    [Fact]
    public void Build_SourcesFormatsAndEdits_AreCountedByName()
    {
        static string Line(string source, string answer) =>
            $$"""
                {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "{{answer}}"}],
                "source": "{{source}}", "prompt": "q"}
                """.OneLine();
        _folder.Write("old.jsonl", string.Join("\n", Line("bad", "<think>a</think>b"), Line("good", "I am Claude."),
            Line("good", "<think>I am Claude.</think>b"), Line("good", "<think>a</think>b")));
        _folder.Write("new.jsonl", """
            {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "untouched"}]}
            """);
        var manifest = Build("""
            name: x
            filters: [sources: [bad, worse], think_format, self_identification]
            unfiltered: [new]
            edits: [special_tokens]
            drop_keys: [prompt]
            parts:
              - file: old.jsonl
              - file: new.jsonl
                source: added
            """, "out");
        Assert.Equal(new Dictionary<string, long>
        {
            ["self_identification"] = 1, ["sources"] = 1, ["think_format"] = 1,
        }, manifest.Skipped);
        Assert.Equal(new Dictionary<string, long>
        {
            ["drop_keys"] = 1, ["source"] = 1, ["special_tokens"] = 1,
        }, manifest.Normalised);
        Assert.Equal((5, 2), (manifest.Read, manifest.Written));
        Assert.Equal([("\na" + "b", "\"source\": \"good\""), ("untouched", "\"source\": \"added\"")],
            InstructionFile.Read(_folder.In("out/x/x_data.jsonl"))
                .Select(record => (record.Messages[1].Content, record.OtherKeys!)));
        Assert.Equal(File.ReadLines(_folder.In("out/x/old_subset/old_data.jsonl")).Take(3),
            File.ReadLines(_folder.In("out/x/x_filtered_data.jsonl")));
        var html = File.ReadAllText(_folder.In("out/x/report.html"));
        Assert.Contains("<tr><td>self_identification<td>1", html);
        Assert.Contains("<tr><td>special_tokens<td>1", html);
    }

    [Fact]
    public void Of_NamesAndAmounts_IsAMixtureOfDatasetsAndFiles()
    {
        var own = _folder.Write("own.jsonl", "");
        var mixture = MixtureFile.Of("mine", ["dolly=0.5", $"{own}=all"]);
        Assert.Equal([("dolly", null, "0.5"), ("own", own, "all")], mixture.Parts.Select(part => (
            part.Name, part.File, part.Amount.Text)));
        foreach (var (name, amounts, message) in new[]
                 {
                     ("../mine", new[] { "dolly=1" }, "cannot name a mixture"),
                     ("m", ["dolly"], "expected name=amount"),
                     ("m", ["dolly=1", "dolly=2"], "\"dolly\" occurs twice"),
                     ("m", ["doly=1"], "neither a file nor a"),
                 })
        {
            Assert.Contains(
                message, Assert.Throws<BadInputException>(() => MixtureFile.Of(name, amounts)).Message);
        }
    }

    [Fact]
    public void Build_OptionsThatGiveNoConversations_AreRefused()
    {
        _folder.Write("raw/openalpaca/databricks-dolly-15k.jsonl", Alpaca(1));
        Assert.Contains("openalpaca gives openalpaca.json, which is no file of conversations",
            Assert.Throws<BadInputException>(() => Build(
                "name: x\nparts: [{dataset: openalpaca, options: {layout: published}}]", "out")).Message);
    }

    [Theory]
    [InlineData("- a", ":1:1: expected a mapping with the keys")]
    [InlineData("name: [", ":2:1: invalid YAML")]
    [InlineData("name: x\nsede: 3\nparts:\n- dataset: lima", ":2:1: unknown key \"sede\"; known are name, seed")]
    [InlineData("name: ../x\nparts: []", ":1:7: name: \"../x\" cannot name a folder")]
    [InlineData("name: x\nparts:\n- {file: a.jsonl, name: a/b}", ":3:3: \"a/b\" cannot name a part")]
    [InlineData("name: x\nparts: []", ":1:1: parts: expected a list")]
    [InlineData("name: x\nparts:\n- dataset: limo", ":3:12: there is no dataset \"limo\"")]
    [InlineData(
        "name: x\nparts:\n- dataset: lima\n  options: {top: 1}", ":4:13: unknown key \"top\"; known are num_examples.")]
    [InlineData("name: x\nparts:\n- dataset: lima\n- dataset: lima", ":4:3: part \"lima\" occurs twice")]
    [InlineData("name: x\nseed: 1.5\nparts:\n- dataset: lima", ":2:7: seed: expected a whole number")]
    [InlineData("name: x\nshuffle: maybe\nparts:\n- dataset: lima", ":2:10: shuffle: expected true or false")]
    [InlineData("name: x\ncompat: old\nparts:\n- dataset: lima", ":2:9: compat: expected fixed or reference")]
    [InlineData(
        "name: x\nunfiltered: [dolly]\nparts:\n- dataset: lima", ":2:13: unfiltered: there is no part \"dolly\"")]
    [InlineData(
        "name: x\nfilters: [entity]\nparts:\n- dataset: lima", ":2:11: filters: there is no filter \"entity\"; there " +
        "are entities, keywords, empty_messages, knowledge_cutoff, chinese, self_identification, " +
        "self_identification_in_questions_too, think_format, think_answer_format, wildchat, and {sources: [name, …]}.")]
    [InlineData(
        "name: x\nfilters: [source: [a]]\nparts:\n- dataset: lima", ":2:11: unknown key \"source\"; known are sources")]
    [InlineData(
        "name: x\nedits: [think]\nparts:\n- dataset: lima", ":2:9: edits: there is no edit \"think\"; there are " +
        "special_tokens, add_answer_tags, strip_answer_tags.")]
    [InlineData(
        "name: x\ndrop_keys: [a, id]\nparts:\n- dataset: lima", ":2:12: drop_keys: no record can be without \"id\".")]
    [InlineData("name: x\nparts:\n- {}", ":3:3: a part has either dataset or file")]
    public void Parse_BrokenRecipe_GivesLineAndColumn(string yaml, string message) =>
        Assert.StartsWith(
            "m.yaml" + message, Assert.Throws<BadInputException>(() => MixtureFile.Parse(yaml, "m.yaml")).Message);

    [Fact]
    public void Load_PublishedMixtures_NameKnownDatasets()
    {
        foreach (var name in MixtureFile.Published)
            Assert.Equal(name, MixtureFile.Load(name).Name);
        Assert.Equal(
            ["flan_v2", "cot", "dolly", "oasst1"], MixtureFile.Load("human-mix").Parts.Select(part => part.Name));
        var v2 = MixtureFile.Load("tulu-v2");
        Assert.Equal(11, v2.Parts.Count);
        Assert.Equal("10", v2.Parts[^1].Options["repeat"]);
        Assert.Equal(("entities", Compatibility.Reference), (v2.Filters.Single().Name, v2.Compatibility));
        Assert.Contains(
            "Published are human-mix", Assert.Throws<BadInputException>(() => MixtureFile.Load("tulu-v9")).Message);
    }

    [Theory]
    [InlineData("all", 100, 100)]
    [InlineData("30", 100, 30)]
    [InlineData("1", 100, 1)]
    [InlineData("1.0", 100, 100)]
    [InlineData("0.29", 100, 28)]
    [InlineData("3.0", 100, 300)]
    [InlineData("250", 100, 250)]
    [InlineData("50%", 100, 50)]
    public void Amount_InEveryForm_IsANumberOfRecords(string text, int available, int expected) =>
        Assert.Equal(expected, new MixtureAmount(text).Of(available, "d"));

    [Theory]
    [InlineData("0")]
    [InlineData("0.001")]
    [InlineData("-5")]
    [InlineData("x")]
    [InlineData("NaN")]
    [InlineData("99999999999999999999")]
    public void Amount_Unusable_IsAnError(string text) =>
        Assert.Throws<BadInputException>(() => new MixtureAmount(text).Of(100, "d"));

    [Fact]
    public void Amount_OneOfMany_RaisesADoubt()
    {
        Assert.Contains("1 means 1 of 500", new MixtureAmount("1").Doubt(500, "d"));
        Assert.Null(new MixtureAmount("1.0").Doubt(500, "d"));
        Assert.Null(new MixtureAmount("1").Doubt(5, "d"));
    }
}
