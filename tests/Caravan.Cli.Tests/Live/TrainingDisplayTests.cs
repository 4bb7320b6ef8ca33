using System.Runtime.InteropServices;
using System.Text.Json;
using Caravan.Cli.Live;
using Caravan.Cli.Terminals;
using Caravan.Training.Run;

namespace Caravan.Cli.Tests.Live;

public sealed class TrainingDisplayTests : IDisposable
{
    private readonly StringWriter _output = new() { NewLine = "\n" };
    private readonly ManualClock _clock = new();
    private readonly StopRequest _stop = new(_ => { });

    public void Dispose() => _stop.Dispose();

    [Fact]
    public void Lines_OfARun_AreAsApproved()
    {
        Show(DisplayMode.Person, secondsPerStep: 2);
        ApprovedText.Matches("training lines", _output.ToString());
    }

    [Fact]
    public void Json_OfARun_IsAsApproved()
    {
        Show(DisplayMode.Json, secondsPerStep: 2);
        ApprovedText.Matches("training json", _output.ToString());
        Assert.All(_output.ToString().TrimEnd().Split('\n'), line => JsonDocument.Parse(line).Dispose());
    }

    [Fact]
    public void Quiet_Run_PrintsNothing()
    {
        Show(DisplayMode.Quiet, secondsPerStep: 2);
        Assert.Equal("", _output.ToString());
    }

    [Fact]
    public void View_InTheMiddle_IsAsApproved()
    {
        var state = new TrainingState();
        foreach (var happened in Events(2).Take(8))
            state.Add(happened);
        _stop.Signal(PosixSignal.SIGINT);
        var terminal = Terminal();
        terminal.Console.Write(TrainingView.Render(new TrainingState(), stopping: false));
        _output.WriteLine();
        terminal.Console.Write(TrainingView.Render(state, _stop.IsRequested));
        ApprovedText.Matches("training view", _output.ToString());
    }

    [Fact]
    public void Remaining_EqualSteps_IsWhatTheRestTakes()
    {
        var state = new TrainingState();
        foreach (var happened in Events(secondsPerStep: 3).Take(6)) // the start, an evaluation, four updates of ten
            state.Add(happened);
        Assert.Equal(6 * 3, state.Remaining!.Value.TotalSeconds, 1e-6);
    }

    private void Show(DisplayMode mode, double secondsPerStep)
    {
        var context = new CommandContext(Terminal(), _stop, _clock);
        var steps = TrainingDisplay.Show(context, mode, progress =>
        {
            foreach (var happened in Events(secondsPerStep))
            {
                if (happened is StepCompleted step)
                    _clock.Advance(TimeSpan.FromSeconds(step.Seconds));
                progress.Report(happened);
            }
            return 10;
        });
        Assert.Equal(10, steps);
    }

    private Terminal Terminal() => new()
    {
        In = TextReader.Null,
        Out = _output,
        Error = TextWriter.Null,
        Width = CommandRun.Width,
    };

    private static IEnumerable<TrainingEvent> Events(double secondsPerStep)
    {
        yield return new TrainingStarted(10, 0, 1_921_536, 1_921_536, 40_000, 13, 640, 0.97);
        yield return new EvaluationCompleted(0, 6.25);
        foreach (var step in new[] { 1, 2, 3, 4, 5, 7, 8, 9, 10 })
        {
            yield return new StepCompleted(step, 10, 6.0 / step, 1e-3 * (10 - step), 1.25, 800, 4096, secondsPerStep,
                4096 / secondsPerStep, step / 10.0);
            if (step == 5)
            {
                yield return new EvaluationCompleted(5, 1.5);
                yield return new CheckpointSaved(5, "runs/a/checkpoints/step_5");
                yield return new Notice("One record has two answers.");
                yield return new StepSkipped(6, 10, double.NaN, 7.5, 4e-3, ["a-1", "a-2"], 1);
            }
        }
        yield return new EvaluationCompleted(10, 0.75);
    }
}
