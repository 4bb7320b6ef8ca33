namespace Caravan.Text;

/// <summary>One turn of a conversation. Roles are <c>system</c>, <c>user</c> and <c>assistant</c>.</summary>
public sealed record ChatMessage(string Role, string Content);
