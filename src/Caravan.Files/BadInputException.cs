namespace Caravan.Files;

/// <summary>
/// Something that a person gave us is wrong: a file, a record, a tensor, a value. The message is one paragraph that
/// names the culprit (path, line, key or tensor), says what was found and what was expected, and what to do about it.
/// Commands print it without a stack trace and exit with code 1.
/// </summary>
public class BadInputException(string message, Exception? innerException = null) : Exception(message, innerException);
