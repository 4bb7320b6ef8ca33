using System.Runtime.InteropServices;

namespace Caravan.Torch.Native;

/// <summary>The C interface of the files in <c>native</c>, one for one. Functions that return int give 0 for
/// success; see <see cref="Check"/>.</summary>
internal static unsafe partial class NativeMethods
{
    internal const string Library = "caravan_torch";

    static NativeMethods() => LibtorchLoader.Prepare();

    /// <summary>Turns a failed call into the exception that says why.</summary>
    internal static void Check(int status)
    {
        if (status != 0)
            throw new TorchException(Marshal.PtrToStringUTF8(cv_last_error()) ?? "unknown error");
    }

    [LibraryImport(Library)]
    private static partial nint cv_last_error();

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint cv_operator_find(string name, string overload);

    [LibraryImport(Library)]
    internal static partial int cv_operator_call(
        nint op, NativeValue* arguments, int argumentCount, NativeValue* results, int capacity, int* resultCount);

    [LibraryImport(Library)]
    internal static partial void cv_free(nint memory);

    [LibraryImport(Library)]
    internal static partial void cv_tensor_release(nint tensor);

    [LibraryImport(Library)]
    internal static partial nint cv_tensor_retain(nint tensor);

    [LibraryImport(Library)]
    internal static partial int cv_tensor_describe(nint tensor, TensorDescription* description);

    [LibraryImport(Library)]
    internal static partial int cv_tensor_from_memory(
        void* data, long* sizes, int dim, int dtype, delegate* unmanaged<nint, void> deleter, nint context,
        nint* result);

    [LibraryImport(Library)]
    internal static partial int cv_tensor_set_requires_grad(nint tensor, int requiresGrad);

    [LibraryImport(Library)]
    internal static partial int cv_tensor_grad(nint tensor, nint* result);

    [LibraryImport(Library)]
    internal static partial int cv_tensor_set_grad(nint tensor, nint gradient);

    [LibraryImport(Library)]
    internal static partial int cv_grad_mode();

    [LibraryImport(Library)]
    internal static partial void cv_set_grad_mode(int enabled);

    [LibraryImport(Library)]
    internal static partial int cv_backward(nint* roots, nint* gradients, int count, int retainGraph);

    [LibraryImport(Library)]
    internal static partial int cv_gradients(
        nint* roots, nint* rootGradients, int rootCount, nint* inputs, int inputCount, int retainGraph,
        int createGraph, int allowUnused, nint* results);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int cv_attach_gradient(
        string name, nint* outputs, int outputCount, nint* inputs, int inputCount,
        delegate* unmanaged<nint, nint*, int, nint*, int, int> backward, delegate* unmanaged<nint, int, void> release,
        nint context);

    [LibraryImport(Library)]
    internal static partial int cv_generator_create(long device, ulong seed, nint* result);

    [LibraryImport(Library)]
    internal static partial int cv_generator_default(long device, nint* result);

    [LibraryImport(Library)]
    internal static partial void cv_generator_release(nint generator);

    [LibraryImport(Library)]
    internal static partial int cv_generator_state(nint generator, nint* result);

    [LibraryImport(Library)]
    internal static partial int cv_generator_set_state(nint generator, nint state);

    [LibraryImport(Library)]
    internal static partial int cv_manual_seed(ulong seed);

    [LibraryImport(Library)]
    internal static partial int cv_bf16_tiles();

    [LibraryImport(Library)]
    internal static partial void cv_bf16_pack(
        ushort* source, long stride, int alongDepth, int width, int depth, int isRight, ushort* panel);

    [LibraryImport(Library)]
    internal static partial void cv_bf16_multiply(BFloat16Tiles.Block* block);

    [LibraryImport(Library)]
    internal static partial nint cv_version();

    [LibraryImport(Library)]
    internal static partial nint cv_build_configuration();

    [LibraryImport(Library)]
    internal static partial int cv_threads();

    [LibraryImport(Library)]
    internal static partial int cv_set_threads(int count);

    [LibraryImport(Library)]
    internal static partial int cv_cuda_device_count();

    [LibraryImport(Library)]
    internal static partial int cv_has_gloo();

    [LibraryImport(Library)]
    internal static partial int cv_has_nccl();

    [LibraryImport(Library)]
    internal static partial long cv_memory_live();

    [LibraryImport(Library)]
    internal static partial long cv_memory_peak(int beginAnew);
}
