namespace Caravan.Data;

/// <summary>The codes under which unusable records are reported and counted.</summary>
public static class RecordFault
{
    /// <summary>Not a JSON object: broken or truncated JSON, or another kind of value.</summary>
    public const string NotAnObject = "E01";

    /// <summary>No messages: the key is missing, is not an array, or is empty.</summary>
    public const string NoMessages = "E02";

    /// <summary>A role is missing or is not one of system, user, assistant.</summary>
    public const string UnknownRole = "E03";

    /// <summary>A content is missing, null or not a string.</summary>
    public const string NoContent = "E04";

    /// <summary>No assistant message, so nothing to train on.</summary>
    public const string NoAssistant = "E05";

    /// <summary>The dataset or id is missing or is not a non-empty string.</summary>
    public const string NoName = "E06";

    /// <summary>Bytes that are not UTF-8, where they are not to be replaced.</summary>
    public const string InvalidUtf8 = "E07";

    /// <summary>More than the layout that is to be written can hold.</summary>
    public const string DoesNotFit = "E08";

    internal static bool IsCode(string reason) =>
        reason.Length == 3 && reason[0] is 'E' or 'P' && char.IsAsciiDigit(reason[1]) && char.IsAsciiDigit(reason[2]);
}
