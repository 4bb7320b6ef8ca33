namespace Caravan.Checkpoints;

/// <summary>The head of a MessagePack value; <paramref name="Number"/> is the integer, or the bytes or items.</summary>
internal readonly record struct MsgPackValue(MsgPackKind Kind, long Number);
