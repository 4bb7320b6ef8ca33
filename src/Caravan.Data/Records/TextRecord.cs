using Caravan.Text;

namespace Caravan.Data;

/// <summary>
/// One record as a tokenizer takes it: a text of its own, or a conversation that a chat template lays out.
/// </summary>
/// <param name="Id">Its name, or the file's and its 0-based position.</param>
/// <param name="Text">Null for a conversation.</param>
/// <param name="Messages">Empty for a text.</param>
/// <param name="Origin">Where it was read from.</param>
public sealed record TextRecord(string Id, string? Text, IReadOnlyList<ChatMessage> Messages, RecordOrigin Origin);
