using Caravan.Data.Conversion;
using Caravan.Data.Datasets.Preference;
using Caravan.Data.Preferences;
using Caravan.Data.Sources;
using Caravan.Data.Tests.Conversion;
using Caravan.Files;

namespace Caravan.Data.Tests.Datasets.Preference;

public sealed class PreferenceDatasetsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private (List<PreferenceRecord> Records, Tally Tally) Convert(
        PreferenceDataset dataset, ConversionSettings? settings = null)
    {
        var run = new ConversionRun(
            dataset.Card, new RawFolder(_folder.Path), settings ?? new(), TestContext.Current.CancellationToken);
        return ([.. dataset.Convert(run)], run.Tally);
    }

    private static string Line(PreferenceRecord record) =>
        string.Join("|", record.Chosen.Select(message => message.Content)) + " > " + record.Rejected[^1].Content;

    private static string Answer(string prompt, string response, params int[] marks) =>
        $$"""
            {"prompt": "{{prompt}}", "response": "{{response}}", "helpfulness": {{marks[0]}},
            "correctness": {{marks[1]}}, "coherence": {{marks[2]}}, "complexity": {{marks[3]}},
            "verbosity": {{marks[4]}}}
            """.OneLine();

    [Fact]
    public void HelpSteer_BestMeanWins_AndLosesAsInTheReference()
    {
        _folder.Write("train.jsonl", string.Join("\n",
            Answer("p", "good", 4, 4, 4, 2, 0), Answer("p", "bad", 1, 1, 1, 1, 4), Answer("q", "alone", 1, 1, 1, 1, 1),
            Answer("t", "x", 1, 2, 1, 2, 0), Answer("t", "y", 2, 1, 2, 1, 4)));
        var (records, tally) = Convert(new HelpSteer());
        Assert.Equal(["p|good > bad"], records.Select(Line));
        Assert.Equal(2.5, records[0].Margin);
        Assert.Equal(new() { ["one_answer_only"] = 1, ["tie"] = 1 }, tally.Dropped);
        var reference = Convert(new HelpSteer(), Converted.With(Compatibility.Reference));
        Assert.Equal("p|bad > good", Line(reference.Records[0]));
        Assert.Equal(1, reference.Tally.Warnings["worst_answer_chosen_as_in_the_reference"]);
    }

    [Fact]
    public void HelpSteer2_BestAgainstWorst_ByEitherScore()
    {
        _folder.Write("train.jsonl", string.Join("\n",
            Answer(
                "p", "long", 3, 3, 3, 3, 4), Answer("p", "short", 3, 3, 4, 3, 0), Answer("p", "mid", 3, 3, 3, 3, 2)));
        var mean = Convert(new HelpSteer2()).Records.Single();
        Assert.Equal(
            ("p|long > short", """
            "prompt": "p", "avg_scores": [3.2, 2.6]
            """), (Line(mean), mean.OtherKeys));
        var weighted = Convert(new HelpSteer2(), Converted.With(options: ("score", "weighted"))).Records.Single();
        Assert.Equal(
            ("p|short > long", """
            "prompt": "p", "weighted_scores": [7.8, 5.75]
            """), (Line(weighted), weighted.OtherKeys));
        Assert.Equal(.45 + 1.6, weighted.Margin!.Value, 12);
    }

    [Fact]
    public void HelpSteer2_Options_LeaveOutAspectsAndWeakPairs()
    {
        _folder.Write("train.jsonl", string.Join("\n",
            Answer("p", "long", 3, 3, 3, 3, 4), Answer("p", "short", 3, 3, 4, 3, 0),
            Answer("q", "good", 4, 4, 4, 4, 4), Answer("q", "bad", 0, 0, 0, 0, 0)));
        var quiet = Convert(new HelpSteer2(), Converted.With(options: ("aspects_to_ignore", "verbosity"))).Records;
        Assert.Equal(["p|short > long", "q|good > bad"], quiet.Select(Line));
        Assert.Equal((3.25, 3.0), (quiet[0].ScoreChosen!.Value, quiet[0].ScoreRejected!.Value));
        var (strong, tally) = Convert(new HelpSteer2(), Converted.With(options: ("margin", "1")));
        Assert.Equal("q|good > bad", Line(strong.Single()));
        Assert.Equal(1, tally.Dropped["below_margin"]);
        Assert.Equal(1, Convert(
            new HelpSteer2(), Converted.With(options: ("min_score", "3.5"))).Tally.Dropped["below_min_score"]);
        var larger = Convert(new HelpSteer2(), Converted.With(options: ("score", "weighted_340b"))).Records;
        Assert.Equal(.46 + 1.32, larger[0].Margin!.Value, 12);
        Assert.Contains("expected some of helpfulness", Assert.Throws<BadInputException>(() => Convert(
            new HelpSteer2(), Converted.With(options: ("aspects_to_ignore", "wit")))).Message);
        Assert.Contains("is not a number", Assert.Throws<BadInputException>(() => Convert(
            new HelpSteer2(), Converted.With(options: ("margin", "much")))).Message);
    }

    [Theory]
    [InlineData(Compatibility.Fixed)]
    [InlineData(Compatibility.Reference)]
    public void HelpSteer2_TextsStayAsTheyAre_AndSoDoTheGroups(Compatibility compatibility)
    {
        _folder.Write("train.jsonl", string.Join("\n",
            Answer(" p\\n", " good\\n", 4, 4, 4, 4, 4), Answer("p", "alone", 4, 4, 4, 4, 4),
            Answer(" p\\n", "\\tbad ", 0, 0, 0, 0, 0)));
        var (records, tally) = Convert(new HelpSteer2(), Converted.With(compatibility));
        Assert.Equal([" p\n| good\n > \tbad "], records.Select(Line));
        Assert.Equal("""
            "prompt": " p\n", "avg_scores": [4, 0]
            """, records[0].OtherKeys);
        Assert.Equal(new() { ["one_answer_only"] = 1 }, tally.Dropped);
        // HelpSteer's converter is one of those that trim, after they have grouped.
        Assert.Equal(compatibility == Compatibility.Fixed ? ["p|good > bad"] : ["p|bad > good"],
            Convert(new HelpSteer(), Converted.With(compatibility)).Records.Select(Line));
    }

    [Fact]
    public void HelpSteer2_Ties_AreLeftOut_AndOnlyThoseOfTheRoundedSumInTheReference()
    {
        _folder.Write("train.jsonl", string.Join("\n",
            Answer("mean", "x", 4, 4, 4, 2, 2), Answer("mean", "y", 2, 4, 4, 4, 2),
            // .8 of one mark is twice .4 of the other, but the sums differ in their last bits.
            Answer("weighted", "x", 0, 0, 0, 4, 1), Answer("weighted", "y", 0, 1, 0, 4, 3)));
        (string, string)[] weighted = [("score", "weighted")];
        var (records, tally) = Convert(new HelpSteer2(), Converted.With(options: weighted));
        Assert.Equal(["mean|x > y"], records.Select(Line));
        Assert.Equal(1, tally.Dropped["tie"]);
        Assert.Equal(["mean|x > y", "weighted|x > y"], Convert(
            new HelpSteer2(), Converted.With(Compatibility.Reference, options: weighted)).Records.Select(Line));
        foreach (var compatibility in new[] { Compatibility.Fixed, Compatibility.Reference })
        {
            var mean = Convert(new HelpSteer2(), Converted.With(compatibility));
            Assert.Equal(["weighted|y > x"], mean.Records.Select(Line));
            Assert.Equal(1, mean.Tally.Dropped["tie"]);
        }
    }

    [Fact]
    public void UltraFeedbackOverall_KeepsOnlyPromptsOfTheCleanedSet()
    {
        static string Pair(string prompt) =>
            $$"""
                {"prompt": "{{prompt}}", "chosen": [{"role": "user", "content": "{{prompt}}"},
                {"role": "assistant", "content": "c"}], "rejected": [{"role": "user", "content": "{{prompt}}"},
                {"role": "assistant", "content": "r"}], "score_chosen": 8.5, "score_rejected": 7}
                """.OneLine();
        _folder.Write("train_prefs.jsonl", string.Join("\n", Pair("a"), Pair("b"), Pair("c")));
        _folder.Write("argilla_train.jsonl", """{"prompt": "c "}""" + "\n" + """{"prompt": "a"}""");
        var (records, tally) = Convert(new UltraFeedbackOverall());
        Assert.Equal(["a|c > r", "c|c > r"], records.Select(Line));
        Assert.Equal((1.5, 8.5), (records[0].Margin!.Value, records[0].ScoreChosen!.Value));
        Assert.Equal((3, 2, 1), (tally.Read, tally.Kept, tally.Skipped["not_in_the_cleaned_set"]));
    }

    [Fact]
    public void ReadyPairs_OfArgillaAndTulu_AreCopied()
    {
        var Pair = """
            {"chosen": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "c"}],
            "rejected": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "r"}]}
            """.OneLine();
        _folder.Write("hh_rlhf.jsonl", Pair);
        _folder.Write("hh_rlhf_60k.jsonl", Pair.Replace("\"c\"}", "\"sixty\"}"));
        Assert.Equal("q|c > r", Line(Convert(
            new TuluPreferences(), Converted.With(options: ("split", "hh_rlhf"))).Records.Single()));
        Assert.Equal("q|sixty > r", Line(Convert(
            new TuluPreferences(), Converted.With(options: ("split", "hh_rlhf_60k"))).Records.Single()));
        Assert.Contains("ultrafeedback_mean_aspects.jsonl is not there", Assert.Throws<BadInputException>(
            () => Convert(new TuluPreferences())).Message);
        File.Delete(_folder.In("hh_rlhf_60k.jsonl"));
        Assert.Equal(("argilla-capybara", "capybara_0"), Convert(new Capybara()).Records
            .Select(record => (record.Dataset, record.Id)).Single());
        Assert.Equal(("argilla-capybara", "dpo_mix_7k_0"), Convert(new DpoMix()).Records
            .Select(record => (record.Dataset, record.Id)).Single());
    }

    [Fact]
    public void Prm800K_Phase1_ChangesOneStep()
    {
        static string Row(string reason, string steps) =>
            $$$"""{"question": {"problem": "p"}, "label": {"finish_reason": "{{{reason}}}", "steps": [{{{steps}}}]}}""";
        var Chosen = """
            {"completions": [{"text": "a0"}, {"text": "a1"}, {"text": "a2"}], "human_completion": null,
            "chosen_completion": 1}
            """.OneLine();
        const string Human = """{"completions": [], "human_completion": {"text": "h"}, "chosen_completion": null}""";
        var nothing = """
            {"completions": [{"text": "x"}], "human_completion": null, "chosen_completion": null}
            """.OneLine();
        _folder.Write("phase1_train.jsonl", string.Join("\n",
            Enumerable.Repeat(Row("solution", Chosen + "," + Human), 40).Concat(
                [Row("give_up", Chosen), Row("solution", Human), Row("solution", Chosen + "," + nothing)])));
        var (records, tally) = Convert(new Prm800K(), Converted.With(options: ("phase", "1")));
        Assert.Equal(["p|a1\nh > a0\nh", "p|a1\nh > a2\nh"], records.Select(Line).Distinct().Order());
        Assert.Equal(
            new() { ["no_other_choice"] = 1, ["no_solution"] = 1, ["step_without_completion"] = 1 }, tally.Skipped);
        Assert.Equal((43, 40), (tally.Read, tally.Kept));
    }

    [Fact]
    public void Prm800K_Phase2_TakesOneFoundErrorOfEachProblem()
    {
        static string Row(string problem, string reason, string steps, string solution = "\"right\"") =>
            $$$"""
                {"question": {"problem": "{{{problem}}}", "ground_truth_solution": {{{solution}}},
                "pre_generated_steps": [{{{steps}}}]}, "label": {"finish_reason": "{{{reason}}}"}}
                """.OneLine();
        _folder.Write("phase2_train.jsonl", string.Join("\n", Row("p", "found_error", "\"s1\", \"s2\""),
            Row("q", "found_error", "\"t\""), Row("p", "found_error", "\"u\""), Row("p", "solution", "\"v\""),
            Row("r", "found_error", "\"w\"", "null")));
        var (records, tally) = Convert(new Prm800K());
        Assert.Equal(2, records.Count);
        Assert.Contains(Line(records[0]), new[] { "p|right > s1\ns2", "p|right > u" });
        Assert.Equal("q|right > t", Line(records[1]));
        Assert.Equal(new() { ["no_error_found"] = 1, ["no_reference_solution"] = 1 }, tally.Skipped);
        Assert.Equal(1, tally.Dropped["another_of_the_problem"]);
    }

    [Fact]
    public void HhRlhf_CommonBeginningIsThePrompt()
    {
        foreach (var part in new[] { "helpful-base", "helpful-online", "helpful-rejection-sampled" })
            _folder.Write($"{part}.jsonl", "");
        const string Good = @"\n\nHuman: a\n\nAssistant: b\n\nHuman: c\n\nAssistant: good";
        const string Bad = @"\n\nHuman: a\n\nAssistant: b\n\nHuman: c\n\nAssistant: bad";
        _folder.Write("harmless-base.jsonl", $$"""
            {"chosen": "{{Good}}\n\nHuman: more", "rejected": "{{Bad}}"}
            {"chosen": "\n\nHuman: a\n\nAssistant: b", "rejected": "\n\nHuman: a\n\nAssistant: b\n\nHuman: c"}
            {"chosen": "\n\nHuman: a\n\nAssistant: b", "rejected": "\n\nHuman: other\n\nAssistant: b"}
            {"chosen": "\n\nHuman: a\n\nAssistant: x Assistant: y", "rejected": "\n\nHuman: a\n\nAssistant: b"}
            {"chosen": "\n\nHuman: a\n\nAssistant: ", "rejected": "\n\nHuman: a\n\nAssistant: b"}
            """);
        var (records, tally) = Convert(new HhRlhf());
        Assert.Equal(["a|b|c|good > bad", "a|x > b"], records.Select(Line));
        Assert.Equal(1, tally.Skipped["one_is_the_beginning_of_the_other"]);
        Assert.Equal(new() { ["P02"] = 1, ["P05"] = 1 }, tally.Dropped);
        Assert.Equal(1, tally.Normalised["second_answer_in_a_part"]);
        Assert.Equal(["hh_rlhf_0", "hh_rlhf_1"], records.Select(record => record.Id));
    }

    [Fact]
    public void Nectar_RejectedIsAlwaysRankedLower()
    {
        _folder.Write("rlaif.jsonl", string.Join("\n", Enumerable.Range(0, 50).Select(i =>
            """
                {"prompt": "\n\nHuman: q\n\nAssistant: ", "answers": [{"answer": "second", "rank": 2},
                {"answer": "first", "rank": 1}, {"answer": "also first", "rank": 1}, {"answer": "third",
                "rank": 3}]}
                """.OneLine())
            .Append("""{"prompt": "\n\nHuman: q\n\nAssistant: ", "answers": [{"answer": "a", "rank": 1}]}""")));
        var (records, tally) = Convert(new Nectar());
        Assert.Equal(["q|first > second", "q|first > third"], records.Select(Line).Distinct().Order());
        Assert.Equal((50, 1), (records.Count, tally.Skipped["no_worse_answer"]));
        // The reference takes any other answer, so one of the same rank as well.
        Assert.Equal(["q|first > also first", "q|first > second", "q|first > third"],
            Convert(new Nectar(), Converted.With(Compatibility.Reference)).Records.Select(Line).Distinct().Order());
    }

    [Fact]
    public void HhRlhf_OpenInstructsRules_TakeWholeTurnsAsTheyStand()
    {
        _folder.Write("helpful-base.jsonl", "");
        const string Other = @"\n\nHuman: a\n\nAssistant:  b\n\nHuman: c\n\nAssistant: bad";
        _folder.Write("harmless-base.jsonl", $$"""
            {"chosen": "\n\nHuman: a\n\nAssistant:  b\n\nHuman: c\n\nAssistant: good ", "rejected": "{{Other}}"}
            {"chosen": "\n\nHuman: a\n\nAssistant: b\n\nHuman: left over", "rejected": "\n\nHuman: a\n\nAssistant: d"}
            {"chosen": "\n\nHuman: a\n\nAssistant: ", "rejected": "\n\nHuman: a\n\nAssistant: b"}
            {"chosen": "{{Other}}", "rejected": "\n\nHuman: a\n\nAssistant: x"}
            {"chosen": "\n\nAssistant: b\n\nHuman: a", "rejected": "\n\nHuman: a\n\nAssistant: b"}
            """);
        var (records, tally) = Convert(
            new HhRlhf(), Converted.With(options: ("rules", "open_instruct")));
        Assert.Equal(["a| b|c|good  > bad", "a|b\n\nHuman: left over > d"], records.Select(Line));
        Assert.Equal("""
            "messages": [{"role": "user", "content": "a"},
            {"role": "assistant", "content": "b\n\nHuman: left over"}]
            """.OneLine(), records[1].OtherKeys);
        Assert.Equal(new() { ["empty_content"] = 2 }, tally.Skipped);
        Assert.Equal(new() { ["P03"] = 1 }, tally.Dropped);
        Assert.Contains("expected tulu_2.5 or open_instruct", Assert.Throws<BadInputException>(
            () => Convert(new HhRlhf(), Converted.With(options: ("rules", "mine")))).Message);
    }

    [Fact]
    public void Nectar_OpenInstructsRules_TakeOneOfTheBestFourAndOnlySomeSources()
    {
        static string Row(string prompt, string source, params string[] answers) =>
            $$"""
                {"prompt": "{{prompt}}", "source": ["{{source}}"], "answers": [{{string.Join(", ", answers.Select(
                    (answer, i) => $$"""{"answer": "{{answer}}", "rank": {{i + 1}}}"""))}}]}
                """.OneLine();
        string[] six = ["1", "2", "3", "4", "5", "6"];
        _folder.Write("rlaif.jsonl", string.Join("\n",
            Enumerable.Repeat(Row("Human:q\\n\\nAssistant:", "lmsys-chat-1m", six), 200)
                .Append(Row("\\n\\nHuman: r\\n\\nAssistant: ", "lmsys-chat-1m", "Human: no", "1", "2"))
                .Append(Row("s", "lmsys-chat-1m", "1", "as an Assistant: no"))
                .Append(Row("t", "sharegpt", "1", "2")).Append(Row("u", "anthropic-hh", "1", "2"))
                .Append(Row("v ", "flan", "1", "2"))));
        (string, string)[] rules = [("rules", "open_instruct")];
        var (records, tally) = Convert(new Nectar(), Converted.With(options: rules));
        Assert.Equal((201, 3), (records.Count, tally.Skipped["other_source"]));
        Assert.Equal(1, tally.Skipped["no_worse_answer"]);
        Assert.Equal("Human: r\n\nAssistant:|1 > 2", Line(records[^1]));
        static (int Chosen, int Rejected) Ranks(PreferenceRecord record) =>
            (int.Parse(record.Chosen[^1].Content), int.Parse(record.Rejected[^1].Content));
        Assert.Equal(["q"], records.Take(200).Select(record => record.Chosen[0].Content).Distinct());
        Assert.Equal([1, 2, 3, 4], records.Take(200).Select(record => Ranks(record).Chosen).Distinct().Order());
        Assert.All(records, record => Assert.True(Ranks(record).Rejected > Ranks(record).Chosen));
        var reference = Convert(new Nectar(), Converted.With(Compatibility.Reference, 0, rules)).Records;
        Assert.Contains(reference, record => Ranks(record).Rejected < Ranks(record).Chosen);
        foreach (var part in new[] { "evol_instruct", "false_qa", "flan", "sharegpt", "truthful_qa", "ultrachat" })
            _folder.Write($"ultrafeedback/{part}.jsonl", part == "flan" ? """{"instruction": "v"}""" : "");
        var (rest, counts) = Convert(
            new Nectar(), Converted.With(options: [.. rules, ("subset", "deduplicated")]));
        Assert.Equal(["t|1 > 2"], rest.Select(Line));
        Assert.Equal((203, 1), (counts.Skipped["other_source"], counts.Skipped["prompt_of_ultrafeedback"]));
        Assert.Equal(204, Convert(
            new Nectar(), Converted.With(options: [.. rules, ("subset", "all")])).Records.Count);
    }

    [Fact]
    public void UltraFeedback_PairsAreCopied_FaultyOnesDropped()
    {
        static string Pair(string chosen, string rejected, string prompt = "q") =>
            $$"""
                {"chosen": [{"content": "q", "role": "user"}, {"content": "{{chosen}}", "role": "assistant"}],
                "rejected": [{"content": "{{prompt}}", "role": "user"}, {"content": "{{rejected}}",
                "role": "assistant"}], "score_chosen": 8.5, "score_rejected": 7, "chosen-rating": 5,
                "rejected-rating": 4.75}
                """.OneLine();
        _folder.Write(
            "any.jsonl", string.Join("\n", Pair("a", "b"), Pair("a", "a"), Pair("a", " "), Pair("a", "b", "other")));
        var (records, tally) = Convert(new UltraFeedback());
        Assert.Equal(["q|a > b"], records.Select(Line));
        Assert.Equal(1.5, records[0].Margin);
        Assert.Equal(new() { ["P03"] = 1, ["P04"] = 1, ["P05"] = 1 }, tally.Dropped);
        Assert.Equal(0.25, Convert(new UltraFeedbackMeanAspects()).Records[0].Margin);
    }

    [Fact]
    public void WebGpt_EachSideHasItsOwnExcerpts()
    {
        static string Line(double first, double second) =>
            $$"""
                {"question": {"full_text": "Why?"}, "quotes_0": {"title": ["t"], "extract": ["e1", "e2"]},
                "answer_0": "a0", "score_0": {{first}}, "quotes_1": {"title": [], "extract": []},
                "answer_1": "a1", "score_1": {{second}}}
                """.OneLine();
        _folder.Write("comparisons.jsonl", Line(-0.5, 0.25) + "\n" + Line(1, 1));
        var (records, tally) = Convert(new WebGpt());
        var record = records.Single();
        Assert.Equal(("Why?\n\n", "a1"), (record.Chosen[1].Content, record.Chosen[2].Content));
        Assert.Equal("\"prompt\": \"Why?\"", record.OtherKeys);
        Assert.Equal("Why?\n\n1. e1\n\n2. e2", record.Rejected[1].Content);
        Assert.Equal((0.75, 1L), (record.Margin!.Value, tally.Skipped["tie"]));
    }

    [Fact]
    public void UltraInteract_KeepsTheLongestWayOfEachTree()
    {
        static string Line(string id, string parent, int turns) =>
            $$"""
                {"task": "Coding", "id": "{{id}}", "parent_id": "{{parent}}",
                "trajectory": [{{string.Join(",", Enumerable.Range(0, turns).Select(i =>
                    $$"""{"from": "{{(i % 2 == 0 ? "user" : "gpt")}}", "value": "t{{i}}"}"""))}}],
                "chosen": "c", "rejected": "r"}
                """.OneLine();
        _folder.Write("train.jsonl", string.Join("\n", Line("1", "p", 1), Line("2", "p", 3), Line("3", "o", 1),
            Line("4", "p", 3), Line("5", "p", 9).Replace("Coding", "Cooking")));
        var (records, tally) = Convert(new UltraInteract());
        Assert.Equal(["ultrainteract_2", "ultrainteract_3"], records.Select(record => record.Id));
        Assert.Equal(["user", "assistant", "user", "assistant"], records[0].Chosen.Select(message => message.Role));
        Assert.Equal((2, 1), (tally.Dropped["another_of_the_tree"], tally.Skipped["other_task"]));
        Assert.Equal("\"task\": \"Coding\", \"parent_id\": \"p\"", records[0].OtherKeys);
        Assert.Empty(Convert(new UltraInteract(), Converted.With(options: ("task", "Logic"))).Records);
    }

    [Fact]
    public void UltraInteract_OneRandomRowOfEachTree_IsTheSeedsChoice()
    {
        _folder.Write("train.jsonl", string.Join("\n", Enumerable.Range(0, 900).Select(i =>
            $$"""
                {"task": "Logic", "id": "{{i}}", "parent_id": "{{i % 300}}", "chosen": "c", "rejected": "r",
                "trajectory": [{"from": "user", "value": "{{new string('x', i / 300 + 1)}}"}]}
                """.OneLine())));
        List<string> Ids(long seed, int threads) => [.. Convert(new UltraInteract(), Converted.With(
            options: ("pair", "random")) with { Seed = seed, Threads = threads }).Records.Select(record => record.Id)];
        var ids = Ids(1, threads: 1);
        Assert.Equal(300, ids.Count);
        Assert.Equal(ids, Ids(1, threads: 4));
        Assert.NotEqual(ids, Ids(2, threads: 1));
        // A third of the trees gives its first row, a third its second, a third its third.
        var thirds = ids.CountBy(id => int.Parse(id["ultrainteract_".Length..]) / 300).ToDictionary();
        Assert.All(thirds.Values, count => Assert.InRange(count, 70, 130));
    }

    [Fact]
    public void AsInTheReference_PairsThatDifferEarlyOrNotAtAll_AreKept_EmptyOnesAreNot()
    {
        static string Pair(string chosen, string rejected, string prompt) =>
            $$"""
                {"chosen": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "{{chosen}}"}],
                "rejected": [{"role": "user", "content": "{{prompt}}"}, {"role": "assistant",
                "content": "{{rejected}}"}]}
                """.OneLine();
        _folder.Write("train.jsonl", string.Join("\n",
            Pair("a", "b", "q"), Pair("a", "a", "q"), Pair("a", "b", "other"), Pair(" ", "b", "other"),
            Pair("a", "b", "q").Replace("\"q\"", "\" \"")));
        var (records, tally) = Convert(new Capybara(), Converted.With(Compatibility.Reference));
        Assert.Equal(["q|a > a", "q|a > b", "q|a > b"], records.Select(Line).Order(StringComparer.Ordinal));
        Assert.Equal(new() { ["P03"] = 1, ["P04"] = 1 }, tally.Warnings);
        Assert.Equal(new() { ["P05"] = 1, ["empty_content"] = 1 }, tally.Dropped);
        Assert.Equal(new() { ["P03"] = 2, ["P04"] = 1, ["empty_content"] = 1 }, Convert(new Capybara()).Tally.Dropped);
        var lenient = Convert(new Capybara(), new() { AllowDivergentPrompt = true }).Tally;
        Assert.Equal(new() { ["P04"] = 1, ["P05"] = 1, ["empty_content"] = 1 }, lenient.Dropped);
        Assert.Equal(new() { ["P03"] = 1 }, lenient.Warnings);
    }

    [Fact]
    public void ReadyPairs_WhatIsKnownOfPromptAndModels_GoesAlong()
    {
        _folder.Write("train.jsonl", """
            {"source": "flan", "prompt": "q", "chosen": [{"content": "q", "role": "user"}, {"content": "a",
            "role": "assistant"}], "chosen-rating": 5.0, "chosen-model": "big", "rejected": [{"content": "q",
            "role": "user"}, {"content": "b", "role": "assistant"}], "rejected-rating": 4.5,
            "rejected-model": "small"}
            """.OneLine());
        var record = Convert(new UltraFeedbackMeanAspects()).Records.Single();
        Assert.Equal(
            """
            "source": "flan", "chosen_model": "big", "rejected_model": "small"
            """, record.OtherKeys);
        var path = _folder.In("written.jsonl");
        PreferenceFile.Write(path, [record], ascii: true);
        Assert.EndsWith("""
            "score_chosen": 5, "score_rejected": 4.5, "margin": 0.5, "source": "flan", "chosen_model": "big",
            """.OneLine() + " \"rejected_model\": \"small\"}\n", File.ReadAllText(path));
        Assert.Equal(record.OtherKeys, PreferenceFile.Read(path, new Tally()).Single().OtherKeys);
    }

    [Fact]
    public void VotesAndOrca_ChooseTheRightSide()
    {
        _folder.Write("shp.jsonl", """
            {"history": "h", "human_ref_A": "a", "human_ref_B": "b", "labels": 1}
            {"history": "h", "human_ref_A": "a", "human_ref_B": "b", "labels": 0}
            """);
        var votes = Convert(new Shp2()).Records;
        Assert.Equal(["h|a > b", "h|b > a"], votes.Select(Line));
        Assert.Equal(("shp", "shp_2_0"), (votes[0].Dataset, votes[0].Id));
        _folder.Write("train.jsonl", """{"question": "q", "response_j": "j", "response_k": "k", "qid": 1}""");
        Assert.Equal("q|j > k", Line(Convert(new StackExchange()).Records.Single()));
        _folder.Write("orca_rlhf.jsonl", """{"system": "s", "question": "q", "chosen": "c", "rejected": "r"}""");
        Assert.Equal("q|c > r", Line(Convert(new OrcaDpo()).Records.Single()));
    }

    [Fact]
    public void Convert_AsReference_ShufflesWhatTulusConvertersShuffle()
    {
        _folder.Write("orca_rlhf.jsonl", string.Join("\n", Enumerable.Range(0, 40).Select(i =>
            $$"""{"question": " é\ud83d\ude00{{i}}", "chosen": "c", "rejected": "{{(i == 7 ? " " : "r")}}"}""")));
        static ConversionSettings With(long seed, int threads = 1) =>
            Converted.With(Compatibility.Reference) with { Seed = seed, Threads = threads };
        var kept = Convert(new OrcaDpo()).Records;
        Assert.Equal(
            Enumerable.Range(0, 40).Where(i => i != 7).Select(i => $"é\U0001F600{i}|c > r"), kept.Select(Line));
        var (shuffled, tally) = Convert(new OrcaDpo(), With(42));
        Assert.NotEqual(kept.Select(Line), shuffled.Select(Line));
        Assert.Equal(kept.Select(Line).Order(), shuffled.Select(Line).Order());
        Assert.Equal(kept.Select(record => record.Id), shuffled.Select(record => record.Id));
        Assert.Equal((40, 39, 1), (tally.Read, tally.Written, tally.Dropped["P05"]));
        Assert.Equal(shuffled.Select(Line), Convert(new OrcaDpo(), With(42, 4)).Records.Select(Line));
        Assert.NotEqual(shuffled.Select(Line), Convert(new OrcaDpo(), With(43)).Records.Select(Line));
    }

    [Fact]
    public void Convert_AsReference_ReadyPairsKeepTheirOrderAndScores()
    {
        _folder.Write("train_prefs.jsonl", string.Join("\n", Enumerable.Range(0, 40).Select(i =>
            $$"""
                {"chosen": [{"role": "user", "content": "{{i}}"}, {"role": "assistant", "content": "c"}],
                "rejected": [{"role": "user", "content": "{{i}}"}, {"role": "assistant", "content": "r"}],
                "score_chosen": 8.1, "score_rejected": 7, "source": "s"}
                """.OneLine())));
        var ready = Convert(new UltraFeedback(), Converted.With(Compatibility.Reference)).Records;
        Assert.Equal(Enumerable.Range(0, 40).Select(i => $"{i}|c > r"), ready.Select(Line));
        var mixed = Convert(new Capybara(), Converted.With(Compatibility.Reference)).Records;
        Assert.NotEqual(ready.Select(Line), mixed.Select(Line));
        Assert.All(mixed, record => Assert.Equal(
            (8.1, 7.0, 8.1 - 7, "\"source\": \"s\""),
            (record.ScoreChosen!.Value, record.ScoreRejected!.Value, record.Margin!.Value, record.OtherKeys)));
    }

    [Fact]
    public void PreferenceFile_WrittenAndRead_IsTheSame_AndFaultsHaveCodes()
    {
        _folder.Write("orca_rlhf.jsonl", """{"question": "q", "chosen": "c", "rejected": "r"}""");
        var records = Convert(new OrcaDpo()).Records.ConvertAll(record => record with { Margin = 0.1 });
        var path = _folder.In("p.jsonl");
        PreferenceFile.Write(path, records);
        var read = PreferenceFile.Read(path, new Tally()).Single();
        Assert.Equal(("orca_dpo_pairs_0", 0.1, "q|c > r"), (read.Id, read.Margin, Line(read)));
        var broken = _folder.Write("b.jsonl", """{"chosen": [{"role": "user", "content": "q"}], "rejected": []}""");
        Assert.Equal(
            $"{broken}:1: chosen and rejected must each be a list of at least one message. (dataset b, id b_0) [P01]",
            Assert.Throws<RecordException>(() => PreferenceFile.Read(broken, new Tally()).ToList()).Message);
    }
}
