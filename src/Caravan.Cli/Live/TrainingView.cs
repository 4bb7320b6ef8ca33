using Caravan.Cli.Terminals;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Caravan.Cli.Live;

/// <summary>The picture of a running training: a bar, and below it the figures.</summary>
internal static class TrainingView
{
    private const int BarWidth = 32, SparklineWidth = 32;

    public static IRenderable Render(TrainingState state, bool stopping)
    {
        if (state.Start is null)
            return new Markup("[grey]Reading model and data …[/]");
        var rows = new List<IRenderable> { new Markup(Progress(state)) };
        if (state.LastStep is { } step)
        {
            rows.Add(new Markup(
                $"loss [bold]{step.Loss:0.0000}[/]  [blue]{Sparkline.Draw(state.Losses, SparklineWidth)}[/]" +
                HeldOut(state)));
            rows.Add(new Markup(
                $"[grey]learning rate {Quantity.Rate(step.LearningRate)} · gradient norm {step.GradientNorm:0.00} · " +
                $"epoch {step.Epoch:0.00} · {Quantity.Short(state.Start.ParameterCount)} parameters[/]"));
        }
        if (stopping)
            rows.Add(new Markup(
                "[yellow]Stopping: this update is finished and a checkpoint written. Ctrl-C again stops at once.[/]"));
        return new Rows(rows);
    }

    private static string Progress(TrainingState state)
    {
        var share = state.TotalSteps == 0 ? 1 : (double)state.Step / state.TotalSteps;
        var filled = (int)(share * BarWidth);
        var line = $"[blue]{new string('━', filled)}[/][grey]{new string('━', BarWidth - filled)}[/] " +
            $"{Quantity.Count(state.Step)}/{Quantity.Count(state.TotalSteps)}";
        return state.Remaining is { } remaining
            ? $"{line}  {Quantity.Short(state.TokensPerSecond)} tokens/s  {Quantity.Duration(remaining)} left"
            : line;
    }

    private static string HeldOut(TrainingState state) => (state.FirstHeldOutLoss, state.LastHeldOutLoss) switch
    {
        (null, _) => "",
        ({ } first, { } last) when first != last => $"  held out [bold]{last:0.0000}[/] (was {first:0.0000})",
        var (first, _) => $"  held out {first:0.0000}",
    };
}
