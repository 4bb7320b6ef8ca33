using Caravan.Checkpoints;
using Caravan.Files;
using Caravan.Models.Files;
using Caravan.Models.Parts;
using Caravan.Torch;

namespace Caravan.Models.Adapters;

/// <summary>
/// A LoRA adapter on a model (Hu et al. 2021, arXiv:2106.09685): each adapted layer computes W·x + s·B·A·x with W
/// frozen, in whatever form it is stored. Folders are PEFT's, in and out. The model outlives its adapter.
/// </summary>
/// <example><code>
/// using var model = ModelFolder.Load(
///     path, new LoadOptions { Dtype = Dtype.BFloat16, Linears = WeightPrecision.Nf4 });
/// model.Dropout = new DropoutStream(42);
/// using var adapter = LoraAdapter.Attach(model, new LoraConfig { Rank = 64, Dropout = 0.1 }, seed: 42);
/// var optimizer = new Optimizer(adapter.Parameters, …);
/// adapter.Save(folder);              // or, to go on without the adapter: adapter.Merge(); ModelFolder.Save(model,
/// folder);
/// </code></example>
public sealed class LoraAdapter : IDisposable
{
    private readonly LanguageModel _model;
    private readonly LoraConfigFile _config;
    private readonly List<LoraLayer> _layers = [];
    private readonly List<WholeParameter> _whole = [];

    private LoraAdapter(LanguageModel model, LoraConfigFile config) => (_model, _config) = (model, config);

    /// <summary>What is trained, by the names in PEFT's files: factors in fp32, and whole parameters in the model's
    /// type.
    /// </summary>
    public IEnumerable<KeyValuePair<string, Tensor>> Parameters
    {
        get
        {
            foreach (var layer in _layers)
            {
                yield return KeyValuePair.Create(Key($"{layer.Linear.Name}.lora_A.weight"), layer.A);
                yield return KeyValuePair.Create(Key($"{layer.Linear.Name}.lora_B.weight"), layer.B);
            }
            foreach (var parameter in _whole)
                yield return KeyValuePair.Create(Key(parameter.Name), parameter.Tensor);
        }
    }

    /// <summary>Puts a new adapter onto a model. At first it changes nothing: A is uniform in ±1/√in (Kaiming with a =
    /// √5) and B is 0. All else is frozen.</summary>
    /// <param name="seed">Of A. Where dropout's masks come from is <see cref="LanguageModel.Dropout"/>'s business:
    /// without it there is none.</param>
    /// <param name="baseModel">What <c>adapter_config.json</c> will name as the base.</param>
    /// <exception cref="BadInputException">No layer or module is named as the configuration asks for.</exception>
    public static LoraAdapter Attach(LanguageModel model, LoraConfig config, long seed, string? baseModel = null)
    {
        RequireFree(model);
        var file = LoraConfigFile.Create(baseModel, config.Rank, config.Alpha, config.Dropout, config.UseRslora);
        var names = config.Targets.Select(model.Linears.Keys);
        config.Targets.Write(file, names);
        file.Set("fan_in_fan_out", names.Any(name => model.Linears[name].IsTransposed));
        if (config.ModulesToSave.Count > 0)
            file.Set("modules_to_save", config.ModulesToSave);
        var adapter = new LoraAdapter(model, file);
        var whole = adapter.FindWhole(config.ModulesToSave);
        using var generator = new RandomGenerator(seed);
        foreach (var name in names)
        {
            using var scope = new TensorScope();
            var linear = model.Linears[name];
            var bound = 1 / Math.Sqrt(linear.Inputs);
            // Drawn on the CPU, so that the device does not change the values.
            var a = Tensor.empty([config.Rank, linear.Inputs]).uniform_(-bound, bound, generator).to(model.Device);
            var b = Tensor.zeros([linear.Outputs, config.Rank], device: model.Device);
            adapter.Add(linear, scope.Keep(a), scope.Keep(b), config.Dropout);
        }
        adapter.Train(whole);
        return adapter;
    }

    /// <summary>Puts an adapter from a folder onto a model, to be used or trained further.</summary>
    /// <param name="directory">With <c>adapter_config.json</c> and <c>adapter_model.safetensors</c> or
    /// <c>.bin</c>.</param>
    /// <exception cref="BadInputException">The adapter is damaged, of another kind, or for another model.</exception>
    public static LoraAdapter Load(LanguageModel model, string directory)
    {
        RequireFree(model);
        using var scope = new TensorScope();
        var config = LoraConfigFile.Read(directory);
        using var weights = LoraWeights.Open(directory);
        var adapter = new LoraAdapter(model, config);
        var loader = new LoraLoader(model, config, weights);
        var dropout = config.GetDouble("lora_dropout", 0);
        // All is read before anything is changed: a damaged adapter leaves the model as it was.
        var (layers, whole) = (loader.ReadLayers().ToList(), loader.ReadWhole());
        foreach (var (linear, a, b) in layers)
            adapter.Add(linear, a, b, dropout);
        adapter.Train([.. whole.Keys]);
        foreach (var (name, values) in whole)
            adapter._whole.Single(parameter => parameter.Name == name).Fill(values);
        return adapter;
    }

    /// <summary>Writes the adapter as PEFT does; each file appears when it is complete.</summary>
    /// <returns>The SHA-256 of the file of weights, by its name.</returns>
    public IReadOnlyDictionary<string, string> Save(string directory)
    {
        Directory.CreateDirectory(directory);
        var hash = TensorFile.Write(Path.Combine(directory, LoraWeights.FileName), Parameters);
        _config.Write(directory);
        return new Dictionary<string, string> { [LoraWeights.FileName] = hash };
    }

    /// <summary>Takes the adapter's effect away until the result is disposed: the model is its base again, such as the
    /// reference of DPO needs it. Not between a forward pass and its backward pass.</summary>
    public IDisposable Disable() => new Disabled(this);

    /// <summary>Puts the change into the weights, W + s·B·A, and takes the adapter off. Quantised weights that it
    /// changed have the model's type afterwards: their rounded values and the change, which is what was
    /// trained.</summary>
    public void Merge()
    {
        using var noGradients = GradientMode.Disable();
        foreach (var layer in _layers)
        {
            using var scope = new TensorScope();
            _model.SetWeight(layer.Linear, scope.Keep(layer.Merge(_model.Dtype)));
        }
        Detach();
    }

    /// <summary>Takes the adapter off; parameters that were trained whole stay as they are.</summary>
    public void Dispose() => Detach();

    private static string Key(string name) => LoraWeights.KeyPrefix + name;

    private static void RequireFree(LanguageModel model)
    {
        if (model.Linears.Values.Any(linear => linear.Adapter is not null))
            throw new InvalidOperationException("the model has an adapter already");
    }

    private void Add(Linear linear, Tensor a, Tensor b, double dropout)
    {
        var layer = new LoraLayer(
            () => _model.Dropout, linear, a.Owned(), b.Owned(), _config.Scale(linear.Name), dropout,
            place: _layers.Count);
        linear.Adapter = layer.Forward;
        _layers.Add(layer);
    }

    // Only what the adapter holds is trained.
    private void Train(List<string> whole)
    {
        if (whole.Count > 0)
            _model.RequireWritable();
        foreach (var (name, parameter) in _model.Parameters)
        {
            parameter.RequiresGrad = false;
            if (whole.Contains(name))
                _whole.Add(new WholeParameter(name, parameter));
        }
        foreach (var (_, parameter) in Parameters)
            parameter.RequiresGrad = true;
    }

    private List<string> FindWhole(IReadOnlyList<string> modules)
    {
        var found = new List<string>();
        foreach (var module in modules)
        {
            var ofModule = _model.Parameters.Select(pair => pair.Key)
                .Where(name => LoraTargets.EndsWith(name[..name.LastIndexOf('.')], module)).ToList();
            if (ofModule.Count == 0)
            {
                var isQuantized = _model.Linears.Keys.Any(name => LoraTargets.EndsWith(name, module));
                throw new BadInputException(
                    $"modules_to_save names '{module}', but no parameter that can be trained belongs to a module of " +
                    $"that name{(isQuantized ? ": its weight is quantised" : "")}.");
            }
            found.AddRange(ofModule);
        }
        return found;
    }

    private void Detach()
    {
        foreach (var layer in _layers)
        {
            layer.Linear.Adapter = null;
            layer.Dispose();
        }
        _layers.Clear();
        foreach (var parameter in _whole)
            parameter.Dispose();
        _whole.Clear();
    }

    private sealed class Disabled : IDisposable
    {
        private readonly LoraAdapter _adapter;

        internal Disabled(LoraAdapter adapter)
        {
            _adapter = adapter;
            foreach (var layer in adapter._layers)
                layer.Linear.Adapter = null;
            foreach (var parameter in adapter._whole)
                parameter.Exchange();
        }

        public void Dispose()
        {
            foreach (var layer in _adapter._layers)
                layer.Linear.Adapter = layer.Forward;
            foreach (var parameter in _adapter._whole)
                parameter.Exchange();
        }
    }
}
