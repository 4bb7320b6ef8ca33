using System.IO.Compression;
using Caravan.Data.Conversion;
using Caravan.Data.Datasets.Instruction;
using Caravan.Data.Lineage;
using Caravan.Data.Tests.Conversion;
using Caravan.Files;

namespace Caravan.Data.Tests.Datasets.Instruction;

public sealed class InstructionDatasetsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Dolly_ContextIsTheInput_AndIdsCount()
    {
        _folder.Write("databricks-dolly-15k.jsonl", """
            {"instruction": " Who wrote it? ", "context": "Ann wrote it.", "response": " Ann ", "category": "closed_qa"}
            {"instruction": "Name a river.", "context": "  ", "response": "The Elbe.", "category": "open_qa"}
            """);
        var converted = Converted.By(new Dolly(), _folder);
        Assert.Equal(["dolly_0", "dolly_1"], converted.Records.Select(record => record.Id));
        Assert.Contains("Who wrote it?", converted.Records[0].Messages[0].Content);
        Assert.Contains("Ann wrote it.", converted.Records[0].Messages[0].Content);
        Assert.Equal("Ann", converted.Records[0].Messages[1].Content);
        Assert.Equal("The Elbe.", converted.Records[1].Messages[1].Content.Trim());
        Assert.Equal((2, 2, 2), (converted.Tally.Read, converted.Tally.Kept, converted.Tally.Written));
    }

    [Fact]
    public void Alpaca_OddFields_AreTakenAndCounted()
    {
        _folder.Write("alpaca_data.json", """
            [{"instruction": "Add.", "input": null, "output": 3},
             {"instruction": "Say {input} and {output}", "input": "in{instruction}put", "output": ""},
             {"instruction": "x", "output": "y", "output": "z"}]
            """);
        var converted = Converted.By(new StanfordAlpaca(), _folder);
        Assert.Equal("3", converted.Records[0].Messages[1].Content.Trim());
        Assert.Contains("Say {input} and {output}", converted.Records[1].Messages[0].Content);
        Assert.Contains("in{instruction}put", converted.Records[1].Messages[0].Content);
        Assert.Equal("z", converted.Records[2].Messages[1].Content.Trim());
        Assert.Equal(new() { ["no_input"] = 2, ["number_as_text"] = 1 }, converted.Tally.Normalised);
        Assert.Equal(new() { ["W01"] = 1, ["W07"] = 1 }, converted.Tally.Warnings);
        var dropped = Converted.By(new StanfordAlpaca(), _folder, new() { DropEmpty = true });
        Assert.Equal((2, 1), (dropped.Tally.Written, dropped.Tally.Dropped["empty_answer"]));
    }

    [Fact]
    public void Alpaca_TextThatCannotBe_IsReplacedAndCounted()
    {
        _folder.Write("alpaca_data.json", """
            [{"instruction": "a\u0000b", "input": "", "output": "c"},
             {"instruction": "d", "input": "", "output": "\ud83d"}]
            """);
        var converted = Converted.By(new StanfordAlpaca(), _folder);
        Assert.Contains("a\uFFFDb", converted.Records[0].Messages[0].Content);
        Assert.Equal("\uFFFD", converted.Records[1].Messages[1].Content.Trim());
        Assert.Equal(new() { ["lone_surrogate"] = 1, ["nul"] = 1 }, converted.Tally.Normalised);
        Assert.Equal(2, converted.Tally.Warnings["W06"]);
    }

    [Fact]
    public void Alpaca_NullOutput_IsAnErrorOrACountedSkip()
    {
        var path = _folder.Write(
            "alpaca_data.json", """[{"instruction": "a", "output": null}, {"instruction": "b", "output": "c"}]""");
        var error = Assert.Throws<RecordException>(() => Converted.By(new StanfordAlpaca(), _folder));
        Assert.Equal($"{path}:1: element 0: output: expected a string, found null. (dataset stanford_alpaca) [E04]",
            error.Message);
        var skipped = Converted.By(new StanfordAlpaca(), _folder, Converted.With(skip: 1));
        Assert.Equal((2, 1, 1), (skipped.Tally.Read, skipped.Tally.Kept, skipped.Tally.Skipped["E04"]));
        Assert.Equal([error.Message], skipped.Tally.Examples["E04"]);
        _folder.Write("alpaca_data.json", """[{"instruction": "a"}, {"instruction": "b"}]""");
        Assert.Contains("more than the allowed 1 unusable records",
            Assert.Throws<BadInputException>(() =>
                Converted.By(new StanfordAlpaca(), _folder, Converted.With(skip: 1))).Message);
    }

    [Fact]
    public void SelfInstruct_AndCodeAlpaca_ReadTheirFiles()
    {
        _folder.Write("all_instances_82K.jsonl", """{"instruction": "Sort.", "input": "b a", "output": " a b"}""");
        _folder.Write("code_alpaca_20k.json", """[{"instruction": "Print 1.", "input": "", "output": "print(1)"}]""");
        Assert.Equal("a b", Converted.By(new SelfInstruct(), _folder).Records.Single().Messages[1].Content);
        Assert.Equal("code_alpaca_0", Converted.By(new CodeAlpaca(), _folder).Records.Single().Id);
    }

    [Fact]
    public void CodeAlpaca_PublishedFile_ConvertsWhole()
    {
        var published = Repository.SharedData("raw/code_alpaca/code_alpaca_2k.json");
        File.Copy(published, _folder.In("code_alpaca_20k.json"));
        var converted = Converted.By(new CodeAlpaca(), _folder);
        Assert.Equal((2017, 2017, 2017), (converted.Tally.Read, converted.Tally.Kept, converted.Tally.Written));
        var plain = InstructionFile.Read(published).ToList();
        for (var i = 0; i < plain.Count; i++)
            Assert.Equal(plain[i].Messages[1].Content.Trim(), converted.Records[i].Messages[1].Content.Trim());
        foreach (var threads in new[] { 1, 3, 8 })
            Assert.Equal(converted.Lines, Converted.By(new CodeAlpaca(), _folder, new() { Threads = threads }).Lines);
        Assert.NotEqual(converted.Lines, Converted.By(new CodeAlpaca(), _folder, new() { Seed = 43 }).Lines);
    }

    [Fact]
    public void Gpt4Alpaca_EnglishThenChinese_SampledIfAsked()
    {
        string Records(string prefix) => "[" + string.Join(",", Enumerable.Range(0, 50)
            .Select(i => $$"""{"instruction": "{{prefix}}{{i}}", "input": "", "output": "o"}""")) + "]";
        _folder.Write("alpaca_gpt4_data.json", Records("en"));
        _folder.Write("alpaca_gpt4_data_zh.json", Records("zh"));
        Assert.Equal(50, Converted.By(new Gpt4Alpaca(), _folder).Records.Count);
        var both = Converted.By(new Gpt4Alpaca(), _folder, Converted.With(options: ("load_zh", "true")));
        Assert.Equal("gpt4_alpaca_99", both.Records[^1].Id);
        Assert.Contains("zh49", both.Records[^1].Messages[0].Content);
        var sampled = Converted.By(new Gpt4Alpaca(), _folder, Converted.With(options: ("num_examples", "20")));
        Assert.Equal(20, sampled.Records.Select(record => record.Messages[0].Content).Distinct().Count());
        Assert.Equal("gpt4_alpaca_19", sampled.Records[^1].Id);
        var tooMany = Converted.By(new Gpt4Alpaca(), _folder, Converted.With(options: ("num_examples", "60")));
        Assert.Equal((50, 1), (tooMany.Records.Count, tooMany.Tally.Warnings["sample_larger_than_data"]));
    }

    [Theory]
    [InlineData(
        "no_such", "1", "Dataset gpt4_alpaca has no option \"no_such\"; it has load_en, load_zh, num_examples.")]
    [InlineData("load_zh", "yes", "Dataset gpt4_alpaca, option load_zh: expected true or false, found \"yes\".")]
    [InlineData("num_examples", "-3",
        "Dataset gpt4_alpaca, option num_examples: \"-3\" is not a whole number from 0 up, \"all\" or \"none\".")]
    public void Options_Unusable_AreExplained(string option, string value, string message)
    {
        _folder.Write("alpaca_gpt4_data.json", "[]");
        var error = Assert.Throws<BadInputException>(() =>
            Converted.By(new Gpt4Alpaca(), _folder, Converted.With(options: (option, value))));
        Assert.Equal(message, error.Message);
    }

    [Fact]
    public void UnnaturalInstructions_ConstraintsJoinTheInstruction_UnlessNone()
    {
        using (var zip = ZipFile.Open(_folder.In("core_data.zip"), ZipArchiveMode.Create))
        {
            using var writer = new StreamWriter(zip.CreateEntry("core_data.jsonl").Open());
            writer.WriteLine("""
                {"instruction": "I", "instances": [{"input": "", "constraints": "Be brief.", "output": "1"},
                {"input": "", "constraints": "None.", "output": "2"}, {"input": "", "constraints": "none ",
                "output": "3"}, {"input": "", "constraints": null, "output": "4"}]}
                """.OneLine());
            writer.WriteLine("""{"instruction": "J", "instances": []}""");
            writer.WriteLine(
                """{"instruction": "K", "instances": [{"input": "x", "constraints": "", "output": "5"}]}""");
        }
        var converted = Converted.By(new UnnaturalInstructions(), _folder);
        Assert.Equal(5, converted.Records.Count);
        string Question(int i) => converted.Records[i].Messages[0].Content;
        Assert.Contains("I\nBe brief.", Question(0));
        Assert.DoesNotContain("None", Question(1));
        Assert.Contains("I\nnone", Question(2));
        Assert.DoesNotContain("null", Question(3));
        Assert.Equal("unnatural_instructions_4", converted.Records[4].Id);
        Assert.Equal((5, 5, 1), (converted.Tally.Read, converted.Tally.Kept, converted.Tally.Warnings["no_instances"]));
        Assert.Equal(2, Converted.By(
            new UnnaturalInstructions(), _folder, Converted.With(options: ("num_examples", "2"))).Records.Count);
    }

    [Theory]
    [InlineData("Q: 2+2?\nA:", "Q: 2+2?\nA:")]
    [InlineData("Q: 2+2?\nA: ", "Q: 2+2?\nA: ")]
    [InlineData("2+2?", "2+2?\n")]
    [InlineData("2+2? ", "2+2? \n")]
    [InlineData("2+2?\n", "2+2?\n")]
    [InlineData("", "\n")]
    public void FlanPrompt_WithoutNewlineOrColon_GetsANewline(string raw, string prompt) =>
        Assert.Equal(prompt, Cot.FlanPrompt(raw));

    [Fact]
    public void Cot_ZeroShotThenFewShot_EachSampled()
    {
        string Lines(string prefix) => string.Join(
            "\n", Enumerable.Range(0, 30).Select(i => $$"""{"inputs": "{{prefix}}{{i}}", "targets": " t"}"""));
        _folder.Write("cot_zsopt.jsonl", Lines("z"));
        _folder.Write("cot_fsopt.jsonl", Lines("f"));
        var converted = Converted.By(new Cot(), _folder, Converted.With(
            options: [("num_zero_shot_examples", "5"), ("num_few_shot_examples", "7")]));
        Assert.Equal("zzzzzfffffff", string.Concat(converted.Records.Select(record => record.Messages[0].Content[0])));
        Assert.Equal("cot_11", converted.Records[^1].Id);
        Assert.Equal(" t", converted.Records[0].Messages[1].Content);
        File.Delete(_folder.In("cot_zsopt.jsonl"));
        Assert.Equal(30, Converted.By(
            new Cot(), _folder, Converted.With(options: ("num_zero_shot_examples", "0"))).Records.Count);
        Assert.Contains("cot_zsopt.jsonl is not there", Assert.Throws<BadInputException>(
            () => Converted.By(new Cot(), _folder)).Message);
    }

    [Fact]
    public void FlanV2_ReadsTheSampleAskedFor()
    {
        _folder.Write("tulu_v1_resampled_flan_100k.jsonl", """{"inputs": "one", "targets": ""}""");
        _folder.Write("tulu_v2_resampled_flan_50k.jsonl", """{"inputs": "two:", "targets": "x"}""");
        Assert.Equal(["flan_v2_0|u:one\n|a:"], Converted.By(new FlanV2(), _folder).Lines);
        Assert.Equal(["flan_v2_0|u:two:|a:x"], Converted.By(
            new FlanV2(), _folder, Converted.With(options: ("sample", "v2"))).Lines);
    }

    [Fact]
    public void FlanResampler_TakesItsShareOfEveryPartInTheFilesOrder()
    {
        Assert.Equal(1m, FlanResampler.V1.Sum(part => part.Share));
        Assert.Equal(1m, FlanResampler.V2.Sum(part => part.Share));
        foreach (var (part, _) in FlanResampler.V2)
            _folder.Write($"{part}/{part}.jsonl", string.Join(
                "\n", Enumerable.Range(100, 60).Select(i => $$"""{"inputs": "{{part}}{{i}}"}""")));
        var output = _folder.In("out.jsonl");
        var taken = FlanResampler.Resample(_folder.Path, FlanResampler.V2, 100, 1, output);
        Assert.Equal([20, 20, 16, 16, 23, 5], taken.Select(part => part.Lines));
        string[] lines = File.ReadAllLines(output);
        Assert.Equal(100, lines.Distinct().Count());
        Assert.Equal(lines.Take(20).Order(StringComparer.Ordinal), lines.Take(20));
        Assert.Contains("61 lines are wanted and the file has only 60", Assert.Throws<BadInputException>(() =>
            FlanResampler.Resample(_folder.Path, [("cot_fsopt", 1m)], 61, 1, output)).Message);
        Assert.Contains("add up to 0.9", Assert.Throws<BadInputException>(() =>
            FlanResampler.Resample(_folder.Path, [("cot_fsopt", .9m)], 10, 1, output)).Message);
    }

    [Fact]
    public void Baize_TurnsAreCutAtTheirMarks()
    {
        foreach (var part in new[] { "alpaca", "medical", "quora", "stackoverflow" })
            _folder.Write($"{part}_chat_data.json", "[]");
        _folder.Write("alpaca_chat_data.json", """
            [{"topic": "tea",
              "input": "Intro.\n[|Human|] Hi \n[|AI|] Hello.\n[|Human|] Bye\n[|AI|] See you\n[|Human|] "},
             {"topic": "x", "input": "Intro.\n[|Human|] Hi"},
             {"topic": "x", "input": "Intro.\n[|Human|] a [|AI|] b [|AI|] c [|Human|]"}]
            """);
        var converted = Converted.By(new Baize(), _folder);
        Assert.Equal(["baize_0|u:Hi|a:Hello.|u:Bye|a:See you", "baize_2|u:a|a:b [|AI|] c"], converted.Lines);
        Assert.Equal(1, converted.Tally.Skipped["no_usable_turn"]);
        Assert.Equal(new() { ["second_answer_mark"] = 1, ["turn_without_answer"] = 1 }, converted.Tally.Normalised);
    }

    [Fact]
    public void Lima_TurnsAlternate_AndAnOddEndIsCut()
    {
        _folder.Write("lima_train.jsonl", """
            {"conversations": ["Hi?", "Hello.", "So?"], "source": "x"}
            {"conversations": ["alone"]}
            """);
        var converted = Converted.By(new Lima(), _folder);
        Assert.Equal(["lima_0|u:Hi?|a:Hello."], converted.Lines);
        Assert.Equal((1, 1), (converted.Tally.Normalised["odd_last_turn"], converted.Tally.Skipped["no_answer"]));
    }

    [Fact]
    public void WizardLm_WrongConversations_AreSkippedAndCounted()
    {
        _folder.Write("any.json", """
            [{"idx": "w5", "conversations": [{"from": "human", "value": "Why?"}, {"from": "gpt", "value": "Because."}]},
             {"idx": "w6", "conversations": [{"from": "human", "value": "Why?"}]},
             {"idx": "w7", "conversations": [{"from": "gpt", "value": "Why?"}, {"from": "human", "value": "x"}]},
             {"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]}]
            """);
        var converted = Converted.By(new WizardLm(), _folder);
        Assert.Equal(["wizardlm_w5|u:Why?|a:Because.", "wizardlm_3|u:a|a:b"], converted.Lines);
        Assert.Equal(new() { ["odd_length"] = 1, ["wrong_sender"] = 1 }, converted.Tally.Skipped);
        Assert.Equal(1, converted.Tally.Warnings["no_idx"]);
    }

    [Fact]
    public void OpenOrca_BlankSystemPrompt_StaysOnlyAsInTheReference()
    {
        _folder.Write("1M-GPT4-Augmented.jsonl.gz", Gzip("""
            {"id": "niv.1", "system_prompt": "", "question": "2+2?", "response": "4"}
            {"id": "t0.2", "system_prompt": "Think.", "question": "q", "response": "r"}
            """));
        Assert.Equal(["open_orca_niv.1|u:2+2?|a:4", "open_orca_t0.2|s:Think.|u:q|a:r"], Converted.By(
            new OpenOrca(), _folder).Lines);
        Assert.Equal("open_orca_niv.1|s:|u:2+2?|a:4", Converted.By(
            new OpenOrca(), _folder, Converted.With(Compatibility.Reference)).Lines.First());
    }

    private static byte[] Gzip(string text)
    {
        using var buffer = new MemoryStream();
        using (var zip = new GZipStream(buffer, CompressionMode.Compress))
            zip.Write(System.Text.Encoding.UTF8.GetBytes(text));
        return buffer.ToArray();
    }

    [Fact]
    public void Science_RecordsNameTheirSubset()
    {
        _folder.Write("science_train.jsonl", """
            {"input": " Claim: x ", "output": "SUPPORT", "dataset": "scifact_json"}
            {"input": "a", "output": "b"}
            """);
        var converted = Converted.By(new Science(), _folder);
        Assert.Equal(["science.scifact_json", "science.unknown"], converted.Records.Select(record => record.Dataset));
        Assert.Equal(["science_0|u: Claim: x |a:SUPPORT", "science_1|u:a|a:b"], converted.Lines);
    }

    [Fact]
    public void TuluMixture_KeepsNamesAndIds()
    {
        _folder.Write("train.jsonl", """
            {"dataset": "oasst1", "id": "oasst1_7",
            "messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}
            """.OneLine());
        var record = Converted.By(new TuluMixture(2, ""), _folder).Records.Single();
        Assert.Equal(("oasst1", "oasst1_7", "b"), (record.Dataset, record.Id, record.Messages[1].Content));
    }

    [Fact]
    public void WildChat_TakesFirstQuestions_Gpt4sFirst()
    {
        static string Row(
            string question, string model = "gpt-3.5-turbo", string language = "English", string role = "user") =>
            $$"""
                {"model": "{{model}}", "language": "{{language}}", "conversation": [{"role": "{{role}}",
                "content": "{{question}}"}, {"role": "assistant", "content": "a"}, {"role": "user",
                "content": "more"}]}
                """.OneLine();
        _folder.Write("train.jsonl", string.Join("\n",
            Row("one two three"), Row("four words are here", "gpt-4-0314"), Row(" one two three "), Row("too short"),
            Row("eins zwei drei", language: "German"), Row("who asks this here", role: "assistant"),
            Row("As a prompt generator for a generative AI called X, do"), Row("seven eight nine"),
            Row(string.Join(" ", Enumerable.Repeat("w", 501))), Row(new string('x', 4990) + " y zzzzzzzzz")));
        var converted = Converted.By(new WildChat(), _folder);
        Assert.Equal(
            [
                "wildchat_0|u:four words are here|a:a", "wildchat_1|u:one two three|a:a",
                "wildchat_2|u:seven eight nine|a:a",
            ],
            converted.Lines);
        Assert.Equal(new()
        {
            ["no_question_first"] = 1, ["other_language"] = 1, ["question_length"] = 3, ["repeated_question"] = 1,
            ["spam"] = 1,
        }, converted.Tally.Skipped);
        Assert.Equal((10, 3), (converted.Tally.Read, converted.Tally.Kept));
        var fewer = Converted.By(new WildChat(), _folder, Converted.With(options: ("num_examples", "2")));
        Assert.Equal("wildchat_0|u:four words are here|a:a", fewer.Lines.First());
        Assert.Equal((10, 2, 1), (fewer.Tally.Read, fewer.Tally.Kept, fewer.Tally.Skipped["not_sampled"]));
    }

    [Fact]
    public void OpenAlpaca_TakesAtMost2000Words_WithItsOwnPrompts()
    {
        var words = string.Join("\u001c", Enumerable.Repeat("w", 1998));
        _folder.Write("databricks-dolly-15k.jsonl", string.Join("\n",
            System.Text.Json.JsonSerializer.Serialize(new { instruction = "Name it.", context = "", response = words }),
            System.Text.Json.JsonSerializer.Serialize(
                new { instruction = "Name it.", context = "in", response = words }),
            """{"instruction": "a", "context": "b", "response": " c "}""",
            """{"instruction": "a", "context": " ", "response": "c"}"""));
        var converted = Converted.By(new OpenAlpaca(), _folder);
        Assert.Equal(1, converted.Tally.Skipped["more_than_2000_words"]);
        Assert.Equal("### Instruction:\nName it.\n\n### Response:", converted.Records[0].Messages[0].Content);
        Assert.Equal(
            "openalpaca_1|u:### Input:\nb\n\n### Instruction:\na\n\n### Response:|a: c ", converted.Lines.ElementAt(1));
        Assert.StartsWith("### Input:\n \n\n", converted.Records[2].Messages[0].Content);
        Assert.Equal(1, converted.Tally.Warnings["blank_input"]);
    }

    [Fact]
    public void OpenAlpaca_AsPublished_IsPythonsIndentedArrayByteForByte()
    {
        _folder.Write("databricks-dolly-15k.jsonl", """
            {"instruction": "Name it.", "context": "", "response": "B\u00f6\u2028 \ud83d\ude00\u007f", "category": "qa"}
            {"instruction": "\"a\"\\/", "context": " c\n", "response": " ", "category": "qa"}
            """);
        var manifest = Preparation.Prepare(
            new OpenAlpaca(), _folder.Path, _folder.In("out"), Converted.With(options: ("layout", "published")),
            TestContext.Current.CancellationToken);
        // What json.dump(…, indent=4) of Python 3.11 writes of these two.
        Assert.Equal("""
            [
                {
                    "instruction": "Name it.",
                    "input": "",
                    "output": "B\u00f6\u2028 \ud83d\ude00\u007f"
                },
                {
                    "instruction": "\"a\"\\/",
                    "input": " c\n",
                    "output": " "
                }
            ]
            """, File.ReadAllText(_folder.In("out/openalpaca.json")));
        Assert.Equal(("openalpaca.json", 2, 2, 1), (
            manifest.Output.Name, manifest.Read, manifest.Written, (int)manifest.Warnings["W01"]));
        Assert.Equal(manifest.Output, Manifest.Beside(_folder.In("out/openalpaca.json"))!.Output);
    }

    [Fact]
    public void OpenAlpaca_AsPublished_WithoutRecords_IsAnEmptyArray()
    {
        _folder.Write("databricks-dolly-15k.jsonl", """{"instruction": "a", "context": "", "response": ""}""");
        var manifest = Preparation.Prepare(
            new OpenAlpaca(), _folder.Path, _folder.In("out"),
            Converted.With(options: ("layout", "published")) with { DropEmpty = true },
            TestContext.Current.CancellationToken);
        Assert.Equal("[]", File.ReadAllText(_folder.In("out/openalpaca.json")));
        Assert.Equal((1, 0, 1), (manifest.Read, manifest.Kept, (int)manifest.Skipped["empty_answer"]));
    }

    [Fact]
    public void JsonLinesInPlaceOfAnArray_AreReadAndReported()
    {
        _folder.Write("alpaca_data.json", """
            {"instruction": "a", "input": "", "output": "b"}
            {"instruction": "c", "input": "", "output": "d"}
            """);
        var converted = Converted.By(new StanfordAlpaca(), _folder);
        Assert.Equal((2, 1), (
            converted.Records.Count, (int)converted.Tally.Warnings["json_lines_in_place_of_an_array"]));
    }

    [Fact]
    public void WizardLm_DownloadersNote_IsNoRawFile()
    {
        _folder.Write("downloads.lock.json", "{}");
        _folder.Write("wizard.jsonl", "");
        Assert.Contains("no .json and no .parquet file of WizardLM is there", Assert.Throws<BadInputException>(
            () => Converted.By(new WizardLm(), _folder)).Message);
    }

    [Fact]
    public void SuperNi_First60ZeroShot_ThenFewShot_FromTheArchive()
    {
        var instances = string.Join(",\n", Enumerable.Range(
            0, 100).Select(i => $$"""{"id": "t1-{{i}}", "input": " in{{i}} ", "output": ["out{{i}}", "other"]}"""));
        using (var zip = ZipFile.Open(_folder.In("master.zip"), ZipArchiveMode.Create))
        {
            void Add(string name, string text)
            {
                using var writer = new StreamWriter(zip.CreateEntry("natural-instructions-master/" + name).Open());
                writer.Write(text);
            }
            Add("splits/xlingual/train_tasks.txt", "task1_a\ntask2_mmmlu_x\ntask3_b\n");
            Add("tasks/task1_a.json", $$"""
                {
                  "Definition": ["Do it.", "ignored"],
                  "Positive Examples": [
                    {"input": "p1", "output": "q1"}, {"input": "p2 ", "output": "q2"}, {"input": "p3", "output": "q3"}
                  ],
                  "Instances": [{{instances}}]
                }
                """);
            Add("tasks/task3_b.json", """
                {"Definition": "Say yes.", "Positive Examples": [], "Instances": [{"id": "t3-0", "input": "x",
                "output": ["yes"]}, {"id": "t3-1", "input": "x", "output": []}]}
                """.OneLine());
        }
        var converted = Converted.By(new SuperNi(), _folder);
        Assert.Equal(81, converted.Records.Count);
        Assert.Equal(new() { ["no_output"] = 1, ["not_sampled"] = 20 }, converted.Tally.Skipped);
        Assert.All(converted.Records.Take(60), record =>
            Assert.DoesNotContain("Output:\n", record.Messages[0].Content));
        foreach (var record in converted.Records.Skip(60).Take(20))
        {
            var number = record.Id["super_ni_t1-".Length..];
            Assert.Matches($@"^Do it\.\n\n(Input:\np(\d)\nOutput:\nq\2\n\n){{2}}Input:\nin{number}\nOutput:\n$",
                record.Messages[0].Content);
            Assert.Equal($"out{number}", record.Messages[1].Content);
        }
        Assert.Contains("Say yes.", converted.Records[80].Messages[0].Content);
        Assert.Equal(81, converted.Records.Select(record => record.Id).Distinct().Count());
    }

    [Fact]
    public void SuperNi_MissingTask_NamesTaskAndLine()
    {
        var split = _folder.Write("splits/xlingual/train_tasks.txt", "\ntask9\n");
        Assert.Equal($"{split}:2: the task file tasks/task9.json is not there.",
            Assert.Throws<BadInputException>(() => Converted.By(new SuperNi(), _folder)).Message);
    }

    [Fact]
    public void HardCoded_RepeatsTheSheet_AndNamesBlankCells()
    {
        Spreadsheet.Write(_folder.In("hard_coded_examples.xlsx"),
            [["Note", "Prompt", "Output"], ["n", "Who are you?", "I am Demo."], [null, "2", 7.5]]);
        var converted = Converted.By(new HardCoded(), _folder, Converted.With(options: ("repeat", "2")));
        Assert.Equal(["hard_coded_0|u:Who are you?|a:I am Demo.", "hard_coded_1|u:2|a:7.5"], converted.Lines.Take(2));
        Assert.Equal(converted.Lines.Take(2), converted.Lines.Skip(2));
        Assert.Equal((2, 2), (converted.Tally.Normalised["number_as_text"], converted.Tally.Warnings["W05"]));
        Spreadsheet.Write(_folder.In("hard_coded_examples.xlsx"), [["Prompt", "Output"], ["a", "b"], ["c", null]]);
        Assert.Equal(
            $"{_folder.In("hard_coded_examples.xlsx")}!Sheet1:3: Output: cell B3 is blank. (dataset hard_coded) [E04]",
            Assert.Throws<RecordException>(() => Converted.By(new HardCoded(), _folder)).Message);
        Spreadsheet.Write(_folder.In("hard_coded_examples.xlsx"), [["Prompt", "Answer"], ["a", "b"]]);
        Assert.Contains("Output: no such column; the header has Prompt, Answer.",
            Assert.Throws<RecordException>(() => Converted.By(new HardCoded(), _folder)).Message);
    }
}
