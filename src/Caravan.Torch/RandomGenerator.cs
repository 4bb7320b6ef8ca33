using Caravan.Torch.Native;

namespace Caravan.Torch;

/// <summary>A stream of random numbers of its own, with a state that can be saved and restored.</summary>
public sealed unsafe class RandomGenerator : IDisposable
{
    private nint _handle;

    public RandomGenerator(long seed, Device device = default)
    {
        nint handle;
        NativeMethods.Check(NativeMethods.cv_generator_create(device.Code, (ulong)seed, &handle));
        _handle = handle;
        Device = device;
    }

    private RandomGenerator(nint handle, Device device) => (_handle, Device) = (handle, device);

    ~RandomGenerator() => Release();

    /// <summary>The generator that operators on the device use when they are given none.</summary>
    public static RandomGenerator Default(Device device = default)
    {
        nint handle;
        NativeMethods.Check(NativeMethods.cv_generator_default(device.Code, &handle));
        return new RandomGenerator(handle, device);
    }

    /// <summary>Where tensors filled from this generator must live.</summary>
    public Device Device { get; }

    /// <summary>The whole state as opaque bytes.</summary>
    public byte[] State
    {
        get
        {
            nint state;
            NativeMethods.Check(NativeMethods.cv_generator_state(Handle, &state));
            using var tensor = new Tensor(state);
            return tensor.Data<byte>().ToArray();
        }
        set
        {
            using var tensor = Tensor.tensor(value);
            NativeMethods.Check(NativeMethods.cv_generator_set_state(Handle, tensor.Handle));
        }
    }

    internal nint Handle => _handle != 0 ? _handle : throw new ObjectDisposedException(nameof(RandomGenerator));

    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    private void Release()
    {
        var handle = Interlocked.Exchange(ref _handle, 0);
        if (handle != 0)
            NativeMethods.cv_generator_release(handle);
    }
}
