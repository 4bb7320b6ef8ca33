namespace Caravan.Torch;

/// <summary>libtorch refused or failed an operation. The message is its own, without the C++ backtrace.</summary>
public sealed class TorchException(string message) : Exception(message);
