namespace Caravan.Data.Conversion;

/// <summary>
/// A raw file and where it is published. <paramref name="Gated"/> files need an access token whose owner has accepted
/// the terms on the dataset's page; <paramref name="Optional"/> ones are fetched on request only.
/// </summary>
public sealed record RemoteFile(string Name, string Url, bool Gated = false, bool Optional = false);
