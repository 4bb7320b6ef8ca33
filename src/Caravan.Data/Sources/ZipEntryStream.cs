using System.IO.Compression;
using Caravan.Files;

namespace Caravan.Data.Sources;

/// <summary>
/// An entry of a zip archive that closes the archive with itself and names it when its data is damaged.
/// </summary>
internal sealed class ZipEntryStream(Stream entry, ZipArchive archive, string path) : ForwardStream
{
    public override int Read(Span<byte> buffer)
    {
        try
        {
            return entry.Read(buffer);
        }
        catch (InvalidDataException exception)
        {
            throw new BadInputException($"{path}: the archive's data is damaged: {exception.Message}", exception);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            entry.Dispose();
            archive.Dispose();
        }
        base.Dispose(disposing);
    }
}
