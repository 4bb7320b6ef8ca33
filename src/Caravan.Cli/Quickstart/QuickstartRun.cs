using Caravan.Checkpoints;
using Caravan.Cli.Answers;
using Caravan.Cli.Live;
using Caravan.Cli.Terminals;
using Caravan.Data;
using Caravan.Data.Statistics;
using Caravan.Evaluation;
using Caravan.Files;
using Caravan.Models;
using Caravan.Text;
using Caravan.Training;
using Caravan.Training.Configuration;
using Caravan.Training.Report;
using Spectre.Console;

namespace Caravan.Cli.Quickstart;

/// <summary>
/// The main job on an embedded default: draw instructions, make a tokenizer and a model, measure, train, measure again,
/// report. Every stage leaves its result in the folder and is skipped where it is there already.
/// </summary>
internal sealed class QuickstartRun(CommandContext context, QuickstartFolder folder, QuickstartSettings settings)
{
    private const int Stages = 6;

    private readonly Terminal _terminal = context.Terminal;
    private readonly CancellationToken _stop = context.Stop.Token;

    /// <summary>Runs what is not done yet. False if the person stopped it.</summary>
    /// <exception cref="OperationCanceledException">The person stopped it between two results.</exception>
    public bool Run()
    {
        var start = context.Clock.GetTimestamp();
        _terminal.Out.WriteLine(RunningText.Wrap(
            $"A small LLaMA learns to follow instructions, from nothing. All that is made goes to {folder.Path}.",
                _terminal.Width));
        Title(1, "Instructions");
        MakeInstructions();
        InstructionRecord[] records = [.. InstructionFile.Read(folder.TrainingFile)];
        InstructionRecord[] heldOut = [.. InstructionFile.Read(folder.HeldOutFile)];
        string[] kinds = [.. heldOut.Select(record => record.Dataset).Distinct()];
        Line($"{Quantity.Count(records.Length)} conversations to learn from and {heldOut.Length} held out, " +
            $"{kinds.Length} kinds of task");

        Title(2, "Tokenizer and model");
        MakeBase(records);
        var statistics = Statistics(kinds);
        Line($"{Tokenizer.Load(folder.Base).VocabularySize} tokens; a LLaMA with random weights");
        QuickstartPage.WriteStatistics(_terminal, statistics, heldOut);

        Title(3, "Exact match before training");
        var before = Measure(folder.ScoresBefore, folder.Base, heldOut);
        Line($"{Quantity.Share(before.Overall.Correct, before.Overall.Total)} of {before.Overall.Total} held-out " +
            "answers are right");

        Title(4, "Training");
        if (!Train())
            return false;

        Title(5, "Exact match after training");
        var after = Measure(folder.ScoresAfter, folder.Model, heldOut);
        var scores = QuickstartPage.Compare(before, after);
        QuickstartPage.WriteScores(_terminal, scores);

        Title(6, "Report");
        var samples = QuickstartPage.PickSamples(heldOut, after);
        WriteReport(statistics, scores, samples);
        Line($"{folder.Report}: open it in a browser");
        QuickstartPage.WriteSamples(_terminal, samples);
        Line($"Done in {Quantity.Duration(context.Clock.GetElapsedTime(start))}. The model is in {folder.Model}.");
        QuickstartPage.WriteNextCommands(_terminal, folder, heldOut[0]);
        return true;
    }

    private void MakeInstructions()
    {
        if (Directory.Exists(folder.Data))
            return;
        var split = QuickstartRecipe.DrawInstructions(settings);
        _stop.ThrowIfCancellationRequested();
        using var data = new AtomicDirectory(folder.Data);
        InstructionFile.Write(Path.Combine(data.Path, Path.GetFileName(folder.TrainingFile)), split.Training);
        InstructionFile.Write(Path.Combine(data.Path, Path.GetFileName(folder.HeldOutFile)), split.HeldOut);
        data.Commit();
    }

    private void MakeBase(IEnumerable<InstructionRecord> records)
    {
        if (Directory.Exists(folder.Base))
            return;
        var tokenizer = QuickstartRecipe.TrainTokenizer(records, _stop);
        using var model = QuickstartRecipe.CreateModel(tokenizer, settings.Seed);
        using var target = new AtomicDirectory(folder.Base);
        tokenizer.Save(target.Path);
        ModelFolder.Save(model, target.Path);
        var generation = GenerationConfigFile.Create();
        generation.Set("bos_token_id", tokenizer.BosTokenId!.Value);
        generation.Set("eos_token_id", tokenizer.EosTokenId!.Value);
        generation.Write(target.Path);
        target.Commit();
    }

    // In the order of the held-out kinds, as all tables have it; all together last. The tokens made here are those that
    // the training finds.
    private DatasetStatistics[] Statistics(string[] kinds)
    {
        var settings = new TokenizationSettings(
            Tokenizer.Load(folder.Base), ChatTemplate.Tulu, QuickstartRecipe.MaxSeqLength);
        using var file = TokenizedFile.Open(folder.TrainingFile, folder.Tokens, settings, cancellation: _stop);
        var statistics = DatasetStatistics.Of(RecordSelection.All(file).ToTrainingSet());
        return [.. statistics.SkipLast(1).OrderBy(kind => Array.IndexOf(kinds, kind.Name)), statistics[^1]];
    }

    private ExactMatchResult Measure(string path, string model, InstructionRecord[] heldOut)
    {
        if (File.Exists(path))
            return ScoreFile.Read(path);
        using var loaded = LoadedModel.Load(model, new LoadOptions());
        var result = Waiting.Show(_terminal, $"{heldOut.Length} answers", progress => ExactMatch.Run(
            loaded.Model, loaded.Tokenizer, ChatTemplate.Tulu, heldOut, record => record.Dataset,
            QuickstartRecipe.MaxAnswerTokens, progress, _stop));
        ScoreFile.Write(path, result);
        return result;
    }

    private bool Train()
    {
        if (folder.IsTrained)
        {
            Line("done before");
            return true;
        }
        if (!File.Exists(folder.Configuration))
            ConfigurationFile.Write(folder.Configuration, QuickstartRecipe.Training(folder, settings));
        var config = ConfigurationReader.Read<SftConfig>(folder.Configuration, []);
        var result = TrainingDisplay.Show(context, DisplayMode.Person, progress => Sft.Run(config, progress, _stop));
        return !result.Interrupted;
    }

    private void WriteReport(
        DatasetStatistics[] statistics, IReadOnlyList<TaskScore> scores, IReadOnlyList<SampleConversation> samples)
    {
        var run = RunRecord.Read(folder.Model, "A small LLaMA learns to follow instructions");
        var correct = (Before: scores.Sum(score => score.CorrectBefore),
            After: scores.Sum(score => score.CorrectAfter));
        var total = scores.Sum(score => score.Total);
        RunReport.Write(folder.Report, run with
        {
            Summary = $"Trained from random weights on {Quantity.Count(statistics[^1].Records)} conversations of " +
                $"{scores.Count} kinds of task, and measured on {Quantity.Count(total)} others.",
            Highlights =
            [
                new("Exact match", $"{Quantity.Share(correct.Before, total)} → {Quantity.Share(correct.After, total)}"),
                .. run.Highlights,
            ],
            TaskScores = scores,
            Samples = samples,
            DataStatistics = QuickstartPage.StatisticsTable(statistics),
        });
    }

    private void Title(int stage, string text)
    {
        _stop.ThrowIfCancellationRequested();
        _terminal.Console.MarkupLine($"[bold]{stage}/{Stages}  {Markup.Escape(text)}[/]");
    }

    private void Line(string text) =>
        _terminal.Out.WriteLine("     " + RunningText.Wrap(text, _terminal.Width, indent: 5));
}
