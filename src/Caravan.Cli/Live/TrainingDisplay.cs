using Caravan.Cli.Terminals;
using Caravan.Training.Run;
using Spectre.Console;

namespace Caravan.Cli.Live;

/// <summary>Shows a training run while it goes: a live picture on a terminal, lines with the time elsewhere, JSON for
/// programs, or nothing.</summary>
internal static class TrainingDisplay
{
    private static readonly TimeSpan RefreshInterval = TimeSpan.FromMilliseconds(120);
    private static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(5);

    /// <summary>Runs <paramref name="train"/> on this thread and shows the events that it reports.</summary>
    public static T Show<T>(CommandContext context, DisplayMode mode, Func<IProgress<TrainingEvent>, T> train) =>
        mode switch
    {
        DisplayMode.Quiet => train(new Listener(_ => { })),
        DisplayMode.Json => train(
            new Listener(happened => context.Terminal.Out.WriteLine(TrainingEventJson.Format(happened)))),
        _ when context.Terminal.OutIsTerminal => ShowLive(context, train),
        _ => train(new Listener(new Lines(context).Write)),
    };

    private static T ShowLive<T>(CommandContext context, Func<IProgress<TrainingEvent>, T> train)
    {
        var state = new TrainingState();
        var console = context.Terminal.Console;
        var lastRefresh = context.Clock.GetTimestamp();
        return console.Live(TrainingView.Render(state, stopping: false)).Start(live =>
        {
            var result = train(new Listener(happened =>
            {
                state.Add(happened);
                if (happened is Notice or StepSkipped)
                {
                    var text = happened is StepSkipped skipped ? DescribeSkipped(skipped) : ((Notice)happened).Text;
                    console.MarkupLine($"[yellow]{Markup.Escape(UntrustedText.Harmless(text))}[/]");
                }
                if (happened is StepCompleted && context.Clock.GetElapsedTime(lastRefresh) < RefreshInterval)
                    return;
                lastRefresh = context.Clock.GetTimestamp();
                live.UpdateTarget(TrainingView.Render(state, context.Stop.IsRequested));
            }));
            live.UpdateTarget(TrainingView.Render(state, stopping: false));
            return result;
        });
    }

    private static string DescribeSkipped(StepSkipped skipped) =>
        $"update {skipped.Step}/{skipped.TotalSteps} is skipped: loss {skipped.Loss:0.0000}, gradient norm " +
        $"{skipped.GradientNorm:0.00}; records {string.Join(", ", skipped.RecordIds.Take(8))}" +
        (skipped.RecordIds.Count > 8 ? $" and {skipped.RecordIds.Count - 8} more" : "");

    private sealed class Listener(Action<TrainingEvent> listen) : IProgress<TrainingEvent>
    {
        public void Report(TrainingEvent value) => listen(value);
    }

    /// <summary>One line for each event, but for updates only every few seconds.</summary>
    private sealed class Lines(CommandContext context)
    {
        private readonly TrainingState _state = new();
        private long _lastLine;
        private bool _anyStep;

        public void Write(TrainingEvent happened)
        {
            _state.Add(happened);
            var text = happened switch
            {
                TrainingStarted start => Describe(start),
                StepCompleted step => IsDue(step) ? Describe(step) : null,
                StepSkipped skipped => DescribeSkipped(skipped),
                EvaluationCompleted evaluation =>
                    $"held-out loss {evaluation.Loss:0.0000} after {evaluation.Step} updates",
                CheckpointSaved checkpoint => $"checkpoint {checkpoint.Path}",
                Notice notice => notice.Text,
                _ => null,
            };
            if (text is not null)
                context.Terminal.Out.WriteLine($"{context.Clock.GetLocalNow():HH:mm:ss} {text}");
        }

        private bool IsDue(StepCompleted step)
        {
            if (_anyStep && step.Step < step.TotalSteps && context.Clock.GetElapsedTime(_lastLine) < LineInterval)
                return false;
            _anyStep = true;
            _lastLine = context.Clock.GetTimestamp();
            return true;
        }

        private static string Describe(TrainingStarted start) =>
            $"{Quantity.Short(start.ParameterCount)} parameters" +
            (start.TrainedCount != start.ParameterCount ? $" ({Quantity.Short(start.TrainedCount)} trained)" : "") +
            $", {Quantity.Count(start.TrainRecords)} records" +
            (start.DroppedRecords > 0 ? $" ({Quantity.Count(start.DroppedRecords)} more without a token to learn)"
                : "") +
            (start.TruncatedRecords > 0 ? $", {Quantity.Count(start.TruncatedRecords)} cut" : "") +
            (start.FillRatio < 1 ? $", rows filled to {start.FillRatio:0.0%}" : "") +
            $", {Quantity.Count(start.TotalSteps)} updates" +
            (start.FirstStep > 0 ? $", going on after {Quantity.Count(start.FirstStep)}" : "");

        private string Describe(StepCompleted step) =>
            $"update {step.Step}/{step.TotalSteps}  loss {step.Loss:0.0000}  learning rate " +
            $"{Quantity.Rate(step.LearningRate)}  {Quantity.Short(_state.TokensPerSecond)} tokens/s" +
            (_state.Remaining is { } remaining && step.Step < step.TotalSteps
                ? $"  {Quantity.Duration(remaining)} left" : "");
    }
}
