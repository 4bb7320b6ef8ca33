using System.Text.Json;

namespace Caravan.Cli.Tests.Commands.Data;

public sealed class DataCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("caravan-cli-data-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Path(string name) => System.IO.Path.Combine(_folder, name);

    private string Write(string name, string text)
    {
        var path = Path(name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    [Fact]
    public void List_ShowsDatasetsAndMixtures()
    {
        var run = CommandRun.Of("data", "list");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("super_ni", run.Output);
        Assert.Contains("tulu-v2", run.Output);
    }

    [Fact]
    public void List_OfOneDataset_NamesFilesAndOptions_AlsoForPrograms()
    {
        var run = CommandRun.Of("data", "list", "oasst1");
        Assert.Contains("oasst1_train.parquet (with fetch --file only)", run.Output);
        Assert.Contains("top_k_reply=none", run.Output);
        using var one = JsonDocument.Parse(CommandRun.Of("data", "list", "lima", "--json").Output);
        Assert.True(one.RootElement.GetProperty("files")[0].GetProperty("gated").GetBoolean());
        using var all = JsonDocument.Parse(CommandRun.Of("data", "list", "--json").Output);
        Assert.Equal(37, all.RootElement.GetArrayLength());
    }

    [Fact]
    public void Prepare_SeveralDatasets_OptionsGoToThoseThatHaveThem_AndNothingIsWrittenIfOneFails()
    {
        Write("raw/dolly/databricks-dolly-15k.jsonl", """{"instruction": "a", "response": ""}""");
        Write("raw/lima/lima_train.jsonl", """
            {"conversations": ["a", "b"]}
            {"conversations": ["c", "d"]}
            """);
        Directory.CreateDirectory(Path("raw/cot"));
        CommandRun Prepare(params string[] words) =>
            CommandRun.Of(["data", "prepare", .. words, "--raw", Path("raw"), "--out", Path("out")]);
        Assert.Contains("cot_zsopt.jsonl is not there", Prepare("dolly", "cot").Error);
        Assert.False(Directory.Exists(Path("out")));
        var run = Prepare("dolly", "lima", "--set", "num_examples=1");
        Assert.Equal("""
            Converting dolly
            dolly: 1 times W01, blank answer, first at databricks-dolly-15k.jsonl:1
            dolly: 1 times no_input, first at databricks-dolly-15k.jsonl:1
            Converting lima

            """, run.Error);
        Assert.Single(File.ReadAllLines(Path("out/lima/lima_data.jsonl")));
        Assert.Contains("Dataset dolly has no option \"top\"; it has none.", Prepare("dolly", "--set", "top=1").Error);
    }

    [Fact]
    public void SkipInvalid_WithoutANumber_SkipsAll()
    {
        Write("raw/dolly/databricks-dolly-15k.jsonl", """
            {"instruction": }
            []
            {"instruction": "a", "response": "b"}
            """);
        CommandRun Prepare(params string[] more) =>
            CommandRun.Of(["data", "prepare", "dolly", "--raw", Path("raw"), "--out", Path("out"), .. more]);
        Assert.Contains("databricks-dolly-15k.jsonl:1: invalid JSON", Prepare().Error);
        Assert.Contains("2 E01", Prepare("--skip-invalid").Output);
        Assert.Contains("2 E01", Prepare("--skip-invalid", "2").Output);
        Assert.Contains("more than the allowed 1 unusable records", Prepare("--skip-invalid", "1").Error);
        var wrong = Prepare("--skip-invalid", "some");
        Assert.Equal(2, wrong.ExitCode);
        Assert.Contains("--skip-invalid cannot be 'some'", wrong.Error);
    }

    [Fact]
    public void Mix_WithoutAFile_TakesNamesAndAmounts()
    {
        var own = Write("own.jsonl", string.Concat(Enumerable.Range(0, 20).Select(i =>
            $$"""{"instruction": "q{{i}}", "output": "a{{i}}"}""" + "\n")));
        CommandRun Mix(string name, params string[] more) =>
            CommandRun.Of(["data", "mix", name, "--mix", own + "=50%", "--out", Path("out"), .. more]);
        Assert.Contains("10 records.", Mix("one").Output);
        Mix("two", "--seed", "7", "--keep-order");
        string[] Ids(string name) => [.. File.ReadAllLines(Path($"out/{name}/{name}_data.jsonl")).Order()];
        Assert.NotEqual(Ids("one"), Ids("two"));
        Assert.Contains("expected name=amount", CommandRun.Of("data", "mix", "x", "--mix", "dolly").Error);
    }

    [Fact]
    public void ShowAndCheck_Pairs_ShowBothSidesAndFindTheirFaults()
    {
        var file = Write("p.jsonl", """
            [{"chosen": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "yes"}],
              "rejected": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "no"}]}]
            """);
        Assert.Equal($"""
            ── p  p_0  ({file}:1: element 0)
            user:
            q

            assistant, chosen:
            yes

            assistant, rejected:
            no


            """, CommandRun.Of("data", "show", file, "--search", "YES").Output);
        var check = CommandRun.Of("data", "check", file, "--json");
        Assert.Equal(0, check.ExitCode);
        using var json = JsonDocument.Parse(check.Output);
        Assert.Equal(1, json.RootElement.GetProperty("warnings").GetProperty("E06").GetProperty("records").GetInt32());
    }

    [Fact]
    public void Check_ControlCharactersInTheData_DoNotReachTheTerminal()
    {
        var file = Write("c.jsonl", """
            {"id": "\u001b[31m", "messages": [{"role": "\u001b]0;mine\u0007", "content": "q"}]}
            """);
        Assert.DoesNotContain('\e', CommandRun.Of("data", "check", file).Output);
        Assert.DoesNotContain('\e', CommandRun.Of("data", "show", file).Error);
    }

    [Fact]
    public void Stats_OfAFolder_IsOneTable()
    {
        var file = Write("a.jsonl", """{"prompt": "p", "completion": "c"}""");
        CommandRun.Of("data", "stats", file, "--json", Path("s/a_statistics.json"));
        Assert.Contains("| a | 1 | 2.00 |", CommandRun.Of("data", "stats", Path("s")).Output);
        Assert.Contains("prompt_lengths_summary", File.ReadAllText(Path("s/a_statistics.json")));
    }

    [Fact]
    public void ResampleFlan_DrawsEachPartsShare()
    {
        foreach (var part in new[]
                 {
                     "flan_fsopt", "flan_fsnoopt", "t0_fsopt", "t0_fsnoopt", "niv2_fsopt", "cot_fsopt",
                 })
        {
            Write($"flan/{part}/{part}.jsonl", string.Concat(Enumerable.Range(0, 50).Select(i =>
                $$"""{"inputs": "{{part}}{{i}}", "targets": "t"}""" + "\n")));
        }
        var run = CommandRun.Of("data", "resample-flan", Path("flan"), "--lines", "100", "--out", Path("f.jsonl"));
        Assert.Equal((0, 100), (run.ExitCode, File.ReadAllLines(Path("f.jsonl")).Length));
        Assert.Contains("23 lines of niv2_fsopt", run.Output);
    }

    [Fact]
    public void Prepare_ThenMixStatsShowAndCheck_WorkOnOneAnother()
    {
        Write("raw/dolly/databricks-dolly-15k.jsonl", """
            {"instruction": "Name a river.", "context": "", "response": "The Elbe."}
            {"instruction": "Name a lake.", "context": "", "response": "Baikal"}
            """);
        var prepared = CommandRun.Of("data", "prepare", "dolly", "--raw", Path("raw"), "--out", Path("out"));
        Assert.Equal((0, "Converting dolly\n"), (prepared.ExitCode, prepared.Error));
        var file = Path("out/dolly/dolly_data.jsonl");
        Assert.Equal(2, File.ReadAllLines(file).Length);

        var recipe = Write("mix.yaml", $"name: mine\nparts:\n- file: {file}\n  amount: 3.0\n");
        var mixed = CommandRun.Of("data", "mix", recipe, "--raw", Path("raw"), "--out", Path("mixes"));
        Assert.Equal(0, mixed.ExitCode);
        Assert.Contains("6 records. The strictest licence among them: CC BY-SA 3.0.", mixed.Output);
        Assert.True(File.Exists(Path("mixes/mine/report.html")));

        var stats = CommandRun.Of("data", "stats", file, "--json", Path("s.json"), "--html", Path("r.html"));
        Assert.Equal(0, stats.ExitCode);
        Assert.Contains("assistant messages (words)", stats.Output);
        Assert.True(File.Exists(Path("s.json")) && File.Exists(Path("r.html")));

        var shown = CommandRun.Of("data", "show", file, "--search", "baikal");
        Assert.Contains("dolly_1", shown.Output);
        Assert.DoesNotContain("dolly_0", shown.Output);
        Assert.Equal(2, CommandRun.Of("data", "show", file, "--random", "--count", "9").Output.Split("── ").Length - 1);

        Assert.Equal((0, "2 records: 2 usable, 0 not.\n"), (
            CommandRun.Of("data", "check", file).ExitCode, CommandRun.Of("data", "check", file).Output));
    }

    [Fact]
    public void Check_BrokenFile_ListsFaultsAndFails()
    {
        var file = Write("bad.jsonl", "{\"a\": }\n{\"instruction\": \"a\", \"output\": \"b\"}\n");
        var run = CommandRun.Of("data", "check", file);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("2 records: 1 usable, 1 not.\nE01: 1 records\n", run.Output);
        Assert.Contains($"{file}:1: invalid JSON", run.Output);
    }

    [Fact]
    public void ConvertDedupAndDecontaminate_WriteCleanFiles()
    {
        var alpaca = Write("alpaca.json", """
            [{"instruction": "a", "output": "b"}, {"instruction": "a", "output": "b"}, {"instruction": "What is two plus two?", "output": "4"}]
            """);
        Assert.Equal(0, CommandRun.Of("data", "convert", alpaca, "--out", Path("a.jsonl")).ExitCode);
        var dedup = CommandRun.Of("data", "dedup", Path("a.jsonl"), "--out", Path("b.jsonl"));
        Assert.Equal("2 records stay, 1 repeat an earlier one.\n", dedup.Output);
        Assert.Contains("alpaca_1 repeats alpaca_0", dedup.Error);
        var bench = Write("bench.jsonl", """{"question": "what is two plus two"}""");
        var clean = CommandRun.Of("data", "decontaminate", Path("b.jsonl"), "--test", bench, "--out", Path("clean"));
        Assert.Equal(0, clean.ExitCode);
        Assert.Contains("1 records stay, 1 are removed.", clean.Output);
        Assert.Single(File.ReadAllLines(Path("clean/b_decontaminated.jsonl")));
    }

    [Theory]
    [InlineData("data prepare nosuch", "There is no dataset \"nosuch\".")]
    [InlineData("data prepare lima --raw nowhere", "Nothing is there at nowhere/lima. Fetch these datasets first.")]
    [InlineData("data mix openalpaca --from-hub", "openalpaca: only tulu-v1 and tulu-v2 were published whole.")]
    [InlineData("data prepare lima --licence-policy commercial", "does not allow lima (CC BY-NC-SA)")]
    [InlineData("data prepare lima --set x", "--set x: expected name=value")]
    [InlineData("data fetch shp_2", "Download them from https://huggingface.co/datasets/stanfordnlp/SHP-2 into")]
    [InlineData("data fetch lima --file x", "Dataset lima has no file \"x\"; it has lima_train.jsonl.")]
    [InlineData("data stats nosuch.jsonl", "nosuch.jsonl: no such file.")]
    [InlineData("data mix nosuch", "no published mixture of that name")]
    public void WrongUse_IsExplained(string line, string message)
    {
        var run = CommandRun.Of(line.Split(' '));
        Assert.Equal(1, run.ExitCode);
        Assert.Contains(message, run.Error);
    }
}
