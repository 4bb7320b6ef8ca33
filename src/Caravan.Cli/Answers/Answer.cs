namespace Caravan.Cli.Answers;

/// <summary>What a model said.</summary>
/// <param name="Text">Without stop token and stop text.</param>
/// <param name="Tokens">Tokens that were generated.</param>
/// <param name="End">Why it ended, as the end of the sentence "… tokens, …".</param>
internal sealed record Answer(string Text, int Tokens, string End);
