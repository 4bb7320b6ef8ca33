namespace Caravan.Torch.Tests;

public class AutogradTests
{
    [Fact]
    public void Backward_ThroughAProduct_GivesTheOtherFactor()
    {
        using var scope = new TensorScope();
        var a = Tensor.tensor([1f, 2f, 3f]);
        a.RequiresGrad = true;
        (a * Tensor.tensor([4f, 5f, 6f])).sum().backward();
        Assert.Equal([4f, 5f, 6f], a.Grad!.Data<float>());
        a.Grad = null;
        Assert.Null(a.Grad);
    }

    [Fact]
    public void NoGrad_RecordsNothing()
    {
        using var scope = new TensorScope();
        var a = Tensor.ones([1]);
        a.RequiresGrad = true;
        using (GradientMode.Disable())
            Assert.False((a * 2).RequiresGrad);
        Assert.True(GradientMode.IsEnabled);
        Assert.True((a * 2).RequiresGrad);
    }

    [Fact]
    public void CustomGradient_EqualsAutogradsOwn()
    {
        using var scope = new TensorScope();
        using var generator = new RandomGenerator(1);
        var x = Tensor.randn([5, 3], generator, Dtype.Float64);
        var w = Tensor.randn([3, 4], generator, Dtype.Float64);
        x.RequiresGrad = w.RequiresGrad = true;

        CubeOfProduct(x, w).sum().backward();
        var (dx, dw) = (x.Grad!.clone(), w.Grad!.clone());
        x.Grad = w.Grad = null;
        x.matmul(w).pow(3).sum().backward();

        Assert.True(dx.sub(x.Grad!).abs().max().item() < 1e-12);
        Assert.True(dw.sub(w.Grad!).abs().max().item() < 1e-12);
    }

    [Fact]
    public void CustomGradient_AfterBackward_HoldsNothing()
    {
        var before = Tensor.LiveCount;
        using (new TensorScope())
        {
            var x = Tensor.ones([2, 2]);
            x.RequiresGrad = true;
            CubeOfProduct(x, x).sum().backward();
        }
        Assert.Equal(before, Tensor.LiveCount);
    }

    [Fact]
    public void CustomGradient_WithoutBackward_HoldsNothing()
    {
        var before = Tensor.LiveCount;
        using (new TensorScope())
        {
            var x = Tensor.ones([2, 2]);
            x.RequiresGrad = true;
            CubeOfProduct(x, x);
        }
        Assert.Equal(before, Tensor.LiveCount);
    }

    [Fact]
    public void CustomGradient_SecondBackward_SaysWhatIsMissing()
    {
        using var scope = new TensorScope();
        var x = Tensor.ones([2, 2]);
        x.RequiresGrad = true;
        var y = CubeOfProduct(x, x).sum();
        y.backward(retainGraph: true);
        y.backward();
        var error = Assert.Throws<InvalidOperationException>(() => y.backward());
        Assert.Contains("retainGraph", error.Message);
    }

    [Fact]
    public void CustomGradient_ThatThrows_ComesOutAsItself()
    {
        using var scope = new TensorScope();
        var x = Tensor.ones([1]);
        x.RequiresGrad = true;
        Tensor y;
        using (GradientMode.Disable())
            y = x * 1;
        CustomGradient.Attach("broken", [y], [x], [], (_, _) => throw new TimeoutException("on purpose"));
        var error = Assert.Throws<TimeoutException>(() => y.backward());
        Assert.Equal("on purpose", error.Message);
    }

    private static Tensor CubeOfProduct(Tensor x, Tensor w)
    {
        Tensor product, output;
        using (GradientMode.Disable())
        {
            product = x.matmul(w);
            output = product.pow(3);
        }
        CustomGradient.Attach("CubeOfProduct", [output], [x, w], [x, w, product], (saved, gradients) =>
        {
            var inner = gradients[0]! * 3 * saved[2].pow(2);
            return [inner.matmul(saved[1].t()), saved[0].t().matmul(inner)];
        });
        return output;
    }
}
