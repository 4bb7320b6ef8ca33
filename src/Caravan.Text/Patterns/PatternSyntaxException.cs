namespace Caravan.Text.Patterns;

/// <summary>A pattern that cannot be read; the message says what is wrong and where.</summary>
internal sealed class PatternSyntaxException(string message) : Exception(message);
