namespace Caravan.Cli.Doctor;

/// <summary>From facts to advice.</summary>
internal static class Diagnosis
{
    // Any tuned BLAS on one modern core is faster; Debian's reference BLAS reaches 5 to 10.
    private const double SlowestTunedBlas = 30;

    private const string NewerLibtorch =
        "Install a newer PyTorch (pip install torch) in a Python environment, point CARAVAN_LIBTORCH to its torch " +
        "folder and start again: Caravan is then rebuilt against it.";

    public static Finding LibtorchMissing(string why) => new(Severity.Broken, $"libtorch cannot be used: {why}",
        "On Debian or Ubuntu: apt-get install libtorch-dev libgloo-dev libopenblas0-pthread g++ cmake make. " +
        "Elsewhere: pip install torch, and point CARAVAN_LIBTORCH to its torch folder.");

    /// <summary>What is missing, the gravest first.</summary>
    public static IReadOnlyList<Finding> Of(LibtorchFacts libtorch, int gpus)
    {
        var findings = new List<Finding>();
        if (libtorch.MatmulGflops["fp32"] < SlowestTunedBlas && libtorch.Blas is "reference BLAS" or "built in")
        {
            findings.Add(new Finding(Severity.Slow,
                $"fp32 matrix products run at {libtorch.MatmulGflops["fp32"]:0} GFLOP/s: no fast BLAS is in use " +
                $"({libtorch.Blas}).",
                "Install OpenBLAS: apt-get install libopenblas0-pthread. Nothing needs to be rebuilt."));
        }
        if (gpus > 0 && libtorch.CudaDevices == 0)
        {
            findings.Add(new Finding(Severity.Slow,
                $"This machine has {gpus} NVIDIA GPU{(gpus == 1 ? "" : "s")}, but this libtorch cannot use CUDA.",
                "Install a PyTorch with CUDA (pip install torch) in a Python environment, point CARAVAN_LIBTORCH to " +
                "its torch folder and start again: Caravan is then rebuilt against it."));
        }
        if (libtorch.CudaDevices > 1 && !libtorch.Nccl)
            findings.Add(new Finding(Severity.Slow, "The GPUs cannot exchange tensors: no NCCL.", NewerLibtorch));
        if (!libtorch.Gloo)
        {
            findings.Add(new Finding(Severity.Advice, "Processes cannot exchange tensors: no Gloo.",
                "apt-get install libgloo-dev and start again: Caravan is then rebuilt with it."));
        }
        var absent = libtorch.FusedOperators.Where(pair => !pair.Value).Select(pair => pair.Key).ToArray();
        if (absent.Length > 0)
        {
            findings.Add(new Finding(Severity.Advice,
                $"This libtorch has no {string.Join(", ", absent)}; Caravan computes them from simpler operators.",
                NewerLibtorch));
        }
        return [.. findings.OrderByDescending(finding => finding.Severity)];
    }
}
