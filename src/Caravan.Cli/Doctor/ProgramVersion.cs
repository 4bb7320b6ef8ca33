using System.Reflection;

namespace Caravan.Cli.Doctor;

/// <summary>The version of this program.</summary>
internal static class ProgramVersion
{
    /// <summary>For example <c>0.1.0</c>.</summary>
    public static string Current { get; } = Informational.Split('+')[0];

    /// <summary>The commit it was built from; null if the build did not know.</summary>
    public static string? Revision { get; } = Informational.Split('+') is [_, var revision, ..] ? revision : null;

    private static string Informational => typeof(ProgramVersion).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
}
