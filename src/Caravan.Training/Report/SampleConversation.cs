using Caravan.Text;

namespace Caravan.Training.Report;

/// <summary>A conversation with the trained model.</summary>
/// <param name="Title">For example the kind of task.</param>
public sealed record SampleConversation(string Title, IReadOnlyList<ChatMessage> Messages);
