namespace Caravan.Torch;

// The operators in use, one line each: PyTorch's name, the arguments in the schema's order. A trailing underscore
// means that the tensor itself is changed and returned.
public sealed unsafe partial class Tensor
{
    // Arithmetic
    public Tensor add(Tensor other) => AddTensorOp.Call(this, other);
    public Tensor add(double other) => AddScalarOp.Call(this, other);
    public Tensor add_(Tensor other) => AddInPlaceTensorOp.CallInPlace(this, other);
    public Tensor add_(double other) => AddInPlaceScalarOp.CallInPlace(this, other);
    public Tensor sub(Tensor other) => SubTensorOp.Call(this, other);
    public Tensor sub(double other) => SubScalarOp.Call(this, other);
    public Tensor sub_(Tensor other) => SubInPlaceTensorOp.CallInPlace(this, other);
    public Tensor sub_(double other) => SubInPlaceScalarOp.CallInPlace(this, other);
    public Tensor mul(Tensor other) => MulTensorOp.Call(this, other);
    public Tensor mul(double other) => MulScalarOp.Call(this, other);
    public Tensor mul_(Tensor other) => MulInPlaceTensorOp.CallInPlace(this, other);
    public Tensor mul_(double other) => MulInPlaceScalarOp.CallInPlace(this, other);
    public Tensor div(Tensor other) => DivTensorOp.Call(this, other);
    public Tensor div(double other) => DivScalarOp.Call(this, other);
    public Tensor div_(Tensor other) => DivInPlaceTensorOp.CallInPlace(this, other);
    public Tensor div_(double other) => DivInPlaceScalarOp.CallInPlace(this, other);
    /// <summary>this += alpha · other</summary>
    public Tensor add_(Tensor other, double alpha) => AddInPlaceTensorOp.CallInPlace(this, other, alpha);
    /// <summary>this += value · a · b</summary>
    public Tensor addcmul_(Tensor a, Tensor b, double value = 1) => AddcmulInPlaceOp.CallInPlace(this, a, b, value);
    /// <summary>this += value · a / b</summary>
    public Tensor addcdiv_(Tensor a, Tensor b, double value = 1) => AddcdivInPlaceOp.CallInPlace(this, a, b, value);
    public Tensor lerp_(Tensor end, double weight) => LerpInPlaceOp.CallInPlace(this, end, weight);
    public Tensor neg() => NegOp.Call(this);
    public Tensor exp() => ExpOp.Call(this);
    public Tensor log() => LogOp.Call(this);
    public Tensor sqrt() => SqrtOp.Call(this);
    public Tensor rsqrt() => RsqrtOp.Call(this);
    public Tensor sigmoid() => SigmoidOp.Call(this);
    public Tensor silu() => SiluOp.Call(this);
    public Tensor relu() => ReluOp.Call(this);
    public Tensor cos() => CosOp.Call(this);
    public Tensor sin() => SinOp.Call(this);
    public Tensor tanh() => TanhOp.Call(this);
    public Tensor abs() => AbsOp.Call(this);
    public Tensor reciprocal() => ReciprocalOp.Call(this);
    public Tensor sqrt_() => SqrtInPlaceOp.CallInPlace(this);
    public Tensor exp_() => ExpInPlaceOp.CallInPlace(this);
    public Tensor neg_() => NegInPlaceOp.CallInPlace(this);
    public Tensor gelu(string approximate = "none") => GeluOp.Call(this, approximate);
    public Tensor pow(double exponent) => PowOp.Call(this, exponent);
    public Tensor clamp(double min, double max) => ClampOp.Call(this, min, max);

    // Matrix products
    public Tensor matmul(Tensor other) => MatmulOp.Call(this, other);
    public Tensor mm(Tensor other) => MmOp.Call(this, other);
    public Tensor bmm(Tensor other) => BmmOp.Call(this, other);
    /// <summary>this = beta · this + alpha · a @ b</summary>
    public Tensor addmm_(Tensor a, Tensor b, double beta = 1, double alpha = 1) =>
        AddmmInPlaceOp.CallInPlace(this, a, b, beta, alpha);
    /// <summary>this @ weightᵀ + bias; weight is [out, in]</summary>
    public Tensor linear(Tensor weight, Tensor? bias = null) => LinearOp.Call(this, weight, bias);

    // Shapes
    public Tensor view(params long[] shape) => ViewOp.Call(this, shape);

    /// <summary>The same bits as elements of another type; the last axis grows or shrinks with their size.</summary>
    public Tensor view(Dtype dtype) => ViewDtypeOp.Call(this, dtype);

    public Tensor reshape(params long[] shape) => ReshapeOp.Call(this, shape);
    public Tensor permute(params long[] axes) => PermuteOp.Call(this, axes);
    public Tensor transpose(long axis0, long axis1) => TransposeOp.Call(this, axis0, axis1);
    public Tensor t() => TOp.Call(this);
    public Tensor unsqueeze(long axis) => UnsqueezeOp.Call(this, axis);
    public Tensor squeeze(long axis) => SqueezeOp.Call(this, axis);
    public Tensor expand(params long[] shape) => ExpandOp.Call(this, shape);
    public Tensor contiguous() => ContiguousOp.Call(this);
    public Tensor repeat_interleave(long repeats, long axis) => RepeatInterleaveOp.Call(this, repeats, axis);
    public Tensor flatten(long start, long end) => FlattenOp.Call(this, start, end);

    // Parts
    public Tensor narrow(long axis, long start, long length) => NarrowOp.Call(this, axis, start, length);
    public Tensor select(long axis, long index) => SelectOp.Call(this, axis, index);
    public Tensor slice(long axis, long start, long end, long step = 1) => SliceOp.Call(this, axis, start, end, step);
    public Tensor[] split(long size, long axis = 0) => SplitOp.CallMany(this, size, axis);
    public Tensor index_select(long axis, Tensor index) => IndexSelectOp.Call(this, axis, index);
    public Tensor gather(long axis, Tensor index) => GatherOp.Call(this, axis, index);
    public Tensor scatter_add_(long axis, Tensor index, Tensor source) =>
        ScatterAddInPlaceOp.CallInPlace(this, axis, index, source);
    public Tensor index_add_(long axis, Tensor index, Tensor source) =>
        IndexAddInPlaceOp.CallInPlace(this, axis, index, source);
    public Tensor index_copy_(long axis, Tensor index, Tensor source) =>
        IndexCopyInPlaceOp.CallInPlace(this, axis, index, source);
    public Tensor masked_fill(Tensor mask, double value) => MaskedFillOp.Call(this, mask, value);
    public Tensor masked_fill_(Tensor mask, double value) => MaskedFillInPlaceOp.CallInPlace(this, mask, value);
    public Tensor tril(long diagonal = 0) => TrilOp.Call(this, diagonal);
    public Tensor triu(long diagonal = 0) => TriuOp.Call(this, diagonal);

    // Reductions
    public Tensor sum() => SumOp.Call(this);
    public Tensor sum(long axis, bool keepdim = false) => SumDimIntListOp.Call(this, new[] { axis }, keepdim);
    public Tensor mean() => MeanOp.Call(this);
    public Tensor mean(long axis, bool keepdim = false) => MeanDimOp.Call(this, new[] { axis }, keepdim);
    public Tensor max() => MaxOp.Call(this);
    public (Tensor Values, Tensor Indices) max(long axis, bool keepdim = false) =>
        MaxDimOp.CallPair(this, axis, keepdim);
    public Tensor argmax(long axis, bool keepdim = false) => ArgmaxOp.Call(this, axis, keepdim);
    public Tensor logsumexp(long axis, bool keepdim = false) => LogsumexpOp.Call(this, new[] { axis }, keepdim);
    public Tensor cumsum(long axis) => CumsumOp.Call(this, axis);
    public Tensor norm() => NormOp.Call(this);
    public Tensor any() => AnyOp.Call(this);
    public Tensor all() => AllOp.Call(this);

    // Softmax
    public Tensor softmax(long axis) => SoftmaxOp.Call(this, axis);
    public Tensor log_softmax(long axis) => LogSoftmaxOp.Call(this, axis);

    // Comparison
    public Tensor eq(Tensor other) => EqTensorOp.Call(this, other);
    public Tensor eq(double other) => EqScalarOp.Call(this, other);
    public Tensor ne(Tensor other) => NeTensorOp.Call(this, other);
    public Tensor ne(double other) => NeScalarOp.Call(this, other);
    public Tensor lt(Tensor other) => LtTensorOp.Call(this, other);
    public Tensor lt(double other) => LtScalarOp.Call(this, other);
    public Tensor le(Tensor other) => LeTensorOp.Call(this, other);
    public Tensor le(double other) => LeScalarOp.Call(this, other);
    public Tensor gt(Tensor other) => GtTensorOp.Call(this, other);
    public Tensor gt(double other) => GtScalarOp.Call(this, other);
    public Tensor ge(Tensor other) => GeTensorOp.Call(this, other);
    public Tensor ge(double other) => GeScalarOp.Call(this, other);
    public Tensor logical_and(Tensor other) => LogicalAndOp.Call(this, other);
    public Tensor logical_not() => LogicalNotOp.Call(this);
    public Tensor isfinite() => IsfiniteOp.Call(this);
    /// <summary>Whether shape and every element are the same.</summary>
    public bool equal(Tensor other) => EqualOp.CallScalar(this, other) != 0;

    // Ordering and sampling
    public (Tensor Values, Tensor Indices) sort(long axis = -1, bool descending = false) =>
        SortOp.CallPair(this, axis, descending);
    public (Tensor Values, Tensor Indices) topk(long k, long axis = -1) => TopkOp.CallPair(this, k, axis);
    public Tensor multinomial(long samples, bool replacement, RandomGenerator generator) =>
        MultinomialOp.Call(this, samples, replacement, generator);
    public Tensor normal_(double mean, double standardDeviation, RandomGenerator generator) =>
        NormalInPlaceOp.CallInPlace(this, mean, standardDeviation, generator);
    public Tensor uniform_(double low, double high, RandomGenerator generator) =>
        UniformInPlaceOp.CallInPlace(this, low, high, generator);
    public Tensor bernoulli_(double probability, RandomGenerator generator) =>
        BernoulliInPlaceOp.CallInPlace(this, probability, generator);

    // Copies and values
    public Tensor clone() => CloneOp.Call(this);
    public Tensor detach() => DetachOp.Call(this);
    public Tensor copy_(Tensor source) => CopyInPlaceOp.CallInPlace(this, source);
    public Tensor zero_() => ZeroInPlaceOp.CallInPlace(this);
    public Tensor fill_(double value) => FillInPlaceOp.CallInPlace(this, value);
    /// <summary>Itself if it has the type already.</summary>
    public Tensor to(Dtype dtype) => ToDtypeOp.Call(this, dtype);
    /// <summary>Itself if it is there already.</summary>
    public Tensor to(Device device) => ToDtypeLayoutOp.Call(this, Argument.None, Argument.None, device);
    /// <summary>The value of a tensor with one element.</summary>
    public double item() => ItemOp.CallScalar(this);

    // Over several tensors
    public static Tensor cat(Tensor[] tensors, long axis = 0) => CatOp.Call(tensors, axis);
    public static Tensor stack(Tensor[] tensors, long axis = 0) => StackOp.Call(tensors, axis);
    public static Tensor where(Tensor condition, Tensor a, Tensor b) => WhereOp.Call(condition, a, b);
    public static Tensor embedding(Tensor weight, Tensor ids) => EmbeddingOp.Call(weight, ids);

    public static Tensor operator +(Tensor a, Tensor b) => a.add(b);
    public static Tensor operator +(Tensor a, double b) => a.add(b);
    public static Tensor operator -(Tensor a, Tensor b) => a.sub(b);
    public static Tensor operator -(Tensor a, double b) => a.sub(b);
    public static Tensor operator -(Tensor a) => a.neg();
    public static Tensor operator *(Tensor a, Tensor b) => a.mul(b);
    public static Tensor operator *(Tensor a, double b) => a.mul(b);
    public static Tensor operator /(Tensor a, Tensor b) => a.div(b);
    public static Tensor operator /(Tensor a, double b) => a.div(b);
}
