namespace Caravan.Files.Downloads;

/// <summary>A transfer failed in a way that may pass: it is worth another try.</summary>
/// <param name="wait">How long the server asks to wait.</param>
internal sealed class TransferException(string message, Exception? innerException = null, TimeSpan? wait = null)
    : Exception(message, innerException)
{
    public TimeSpan? Wait { get; } = wait;
}
