using System.Diagnostics;
using Caravan.Training.Run;

namespace Caravan.Training.Tests.Run;

public sealed class EventFileTests : IDisposable
{
    // Reads the file with nothing of Caravan's: the framing, both checksums, and the fields of each Event message.
    private const string Reader = """
        import struct, sys
        def crc(data):
            value = 0xffffffff
            for byte in data:
                value ^= byte
                for _ in range(8):
                    value = value >> 1 ^ (0x82f63b78 if value & 1 else 0)
            value ^= 0xffffffff
            return ((value >> 15 | value << 17) + 0xa282ead8) & 0xffffffff
        def fields(data):
            i = 0
            def varint():
                nonlocal i
                value = shift = 0
                while True:
                    byte = data[i]; i += 1
                    value |= (byte & 127) << shift; shift += 7
                    if byte < 128: return value
            while i < len(data):
                key = varint()
                if key & 7 == 0: yield key >> 3, varint()
                elif key & 7 == 1: yield key >> 3, struct.unpack('<d', data[i:i+8])[0]; i += 8
                elif key & 7 == 5: yield key >> 3, struct.unpack('<f', data[i:i+4])[0]; i += 4
                else:
                    size = varint(); yield key >> 3, data[i:i+size]; i += size
        content = open(sys.argv[1], 'rb').read()
        while content:
            size, = struct.unpack('<Q', content[:8])
            assert struct.unpack('<I', content[8:12])[0] == crc(content[:8])
            message = content[12:12+size]
            assert struct.unpack('<I', content[12+size:16+size])[0] == crc(message)
            content = content[16+size:]
            event = dict(fields(message))
            out = [event.get(2), event.get(3, b'').decode()]
            for number, value in fields(event.get(5, b'')):
                entry = dict(fields(value)); out.append((entry[1].decode(), round(entry[2], 4)))
            print(*out, 'start' if dict(fields(event.get(7, b''))).get(1) == 1 else '')
        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("caravan-events-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Values_Written_AreReadByAReaderOfItsOwn()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/python3"), "needs python3");
        using (var events = new EventFile(_folder.FullName, 300, TimeProvider.System))
        {
            events.Write(301, ("train_loss", 1.5), ("learning_rate", 2e-3));
            events.Write(70_000, ("eval_loss", -0.25));
        }
        var file = Assert.Single(_folder.GetFiles("events.out.tfevents.*"));
        var script = Path.Combine(_folder.FullName, "read.py");
        File.WriteAllText(script, Reader);
        using var python = Process.Start(
            new ProcessStartInfo("/usr/bin/python3", [script, file.FullName]) { RedirectStandardOutput = true })!;
        var lines = python.StandardOutput.ReadToEnd()
            .Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(
            ["0 brain.Event:2", "300  start", "301  ('train_loss', 1.5) ('learning_rate', 0.002)",
                "70000  ('eval_loss', -0.25)"], lines);
    }
}
