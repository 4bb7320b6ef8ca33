namespace Caravan.Checkpoints;

/// <summary>What a MessagePack value is, as far as files of weights need it.</summary>
internal enum MsgPackKind
{
    Integer,
    Text,
    Binary,
    Array,
    Map,

    /// <summary>Extension type 1, Flax's arrays of numbers.</summary>
    Numbers,

    /// <summary>Nothing, booleans, floats and other extensions; already passed by.</summary>
    Other,
}
