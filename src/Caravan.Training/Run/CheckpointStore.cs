using System.Globalization;
using Caravan.Files;

namespace Caravan.Training.Run;

/// <summary>
/// A run's checkpoints, <c>checkpoints/step_N</c>. Each is written into a temporary folder, verified, sealed with its
/// files' hashes, flushed and renamed; what is not whole is passed over when a run goes on.
/// </summary>
/// <param name="folder">The folder of all of them.</param>
/// <param name="keep">Checkpoints to keep; -1: all.</param>
/// <param name="say">Told what a person should know.</param>
public sealed class CheckpointStore(string folder, int keep, Action<string> say)
{
    private const string Prefix = "step_";

    /// <summary>Removes what a killed process left half written.</summary>
    public void Clean()
    {
        if (!Directory.Exists(folder))
            return;
        foreach (var path in Directory.EnumerateDirectories(folder))
        {
            if (path.EndsWith(".tmp", StringComparison.Ordinal) || path.EndsWith(".old", StringComparison.Ordinal))
                Directory.Delete(path, recursive: true);
        }
    }

    /// <summary>The newest whole checkpoint, or null. Damaged ones are named and passed over.</summary>
    public Checkpoint? Latest()
    {
        foreach (var checkpoint in All().Reverse<Checkpoint>())
        {
            if (CheckpointSeal.FindDamage(checkpoint.Path) is not { } damage)
                return checkpoint;
            say($"{checkpoint.Path}: this checkpoint is damaged ({damage}); the one before it is used.");
        }
        return null;
    }

    /// <summary>A checkpoint that a person named.</summary>
    /// <exception cref="BadInputException">It is none, or damaged.</exception>
    public static Checkpoint Named(string path)
    {
        if (!Directory.Exists(path))
            throw new BadInputException($"resume_from_checkpoint {path}: there is no such folder.");
        if (CheckpointSeal.FindDamage(path) is { } damage)
            throw new BadInputException(
                $"resume_from_checkpoint {path}: this checkpoint is damaged: {damage}. Name another one.");
        return new Checkpoint(path, TrainerState.Read(path).Update);
    }

    /// <summary>Writes a checkpoint; it appears whole or not at all. Older ones beyond the wanted number are removed.
    /// Where one of this step is there already, it is the same.</summary>
    /// <param name="bytes">Its size, for the check of free space; where it does not fit, the oldest ones go, the newest
    /// always stays.</param>
    /// <param name="write">Writes all files into the folder that it is given, and gives SHA-256 of those, by their names,
    /// that it has hashed on the way: what is read back must be that.</param>
    /// <exception cref="BadInputException">The disk is full.</exception>
    /// <exception cref="IOException">What is on the disk is not what was written.</exception>
    public Checkpoint Save(int step, long bytes, Func<string, IReadOnlyDictionary<string, string>> write)
    {
        var path = Path.Combine(folder, Prefix + step.ToString(CultureInfo.InvariantCulture));
        if (Directory.Exists(path) && CheckpointSeal.FindDamage(path) is null)
            return new Checkpoint(path, step);
        MakeRoom(bytes);
        using (var checkpoint = new AtomicDirectory(path))
        {
            Seal(checkpoint.Path, write);
            checkpoint.Commit();
        }
        var old = All();
        foreach (var (oldPath, _) in old.Take(keep < 0 ? 0 : Math.Max(0, old.Count - keep)))
            Directory.Delete(oldPath, recursive: true);
        return new Checkpoint(path, step);
    }

    /// <summary>Takes the space on the disk for a moment, writes a small checkpoint, reads it back and removes both, to
    /// find out now what would otherwise be found out after hours of training.</summary>
    /// <param name="bytes">What the run will write.</param>
    /// <param name="write">Writes the files of a checkpoint, with little in them; see <see cref="Save"/>.</param>
    /// <exception cref="BadInputException">It cannot be saved.</exception>
    public void TryOut(long bytes, Func<string, IReadOnlyDictionary<string, string>> write)
    {
        DiskSpace.Require(folder, bytes);
        try
        {
            using var checkpoint = new AtomicDirectory(Path.Combine(folder, "trial"));
            // What counts as free may not be this user's to take.
            var reserved = Path.Combine(checkpoint.Path, "reserved");
            File.OpenHandle(reserved, FileMode.CreateNew, FileAccess.Write, preallocationSize: bytes).Dispose();
            File.Delete(reserved);
            Seal(checkpoint.Path, write);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException(
                $"{folder}: a trial checkpoint could not be saved ({error.Message}), so nothing was begun. Choose " +
                "another output_dir.", error);
        }
    }

    private static void Seal(string checkpoint, Func<string, IReadOnlyDictionary<string, string>> write)
    {
        CheckpointSeal.Write(checkpoint, write(checkpoint));
        if (CheckpointSeal.FindDamage(checkpoint) is { } damage)
            throw new IOException($"{checkpoint}: {damage}; is the disk failing?");
    }

    private void MakeRoom(long bytes)
    {
        for (var old = All(); old.Count > 1 && DiskSpace.Free(folder) < bytes; old.RemoveAt(0))
        {
            say($"{folder}: the disk is nearly full; the checkpoint of update {old[0].Step} is removed.");
            Directory.Delete(old[0].Path, recursive: true);
        }
        DiskSpace.Require(folder, bytes);
    }

    private List<Checkpoint> All()
    {
        if (!Directory.Exists(folder))
            return [];
        return [.. from path in Directory.EnumerateDirectories(folder, Prefix + "*")
                   let number = Path.GetFileName(path)[Prefix.Length..]
                   where int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out _)
                   let step = int.Parse(number, CultureInfo.InvariantCulture)
                   orderby step
                   select new Checkpoint(path, step)];
    }
}
