namespace Caravan.Text;

/// <summary>One message of a conversation. The roles in use are <c>system</c>, <c>user</c> and <c>assistant</c>.</summary>
public sealed record ChatMessage(string Role, string Content);
