namespace Caravan.Torch.Tests;

public class DeviceTests
{
    [Theory]
    [InlineData("cpu", true, -1), InlineData("cuda", false, 0), InlineData("cuda:3", false, 3)]
    public void Parse_ReadsPyTorchsNames(string text, bool isCpu, int index)
    {
        var device = Device.Parse(text);
        Assert.Equal((isCpu, index), (device.IsCpu, device.Index));
        Assert.Equal(device, Device.FromCode(device.Code));
    }

    [Theory]
    [InlineData("gpu"), InlineData("cuda:x"), InlineData("")]
    public void Parse_AnythingElse_SaysWhatIsExpected(string text)
    {
        var error = Assert.Throws<FormatException>(() => Device.Parse(text));
        Assert.Contains("expected cpu, cuda or cuda:N", error.Message);
    }

    [Fact]
    public void CudaTensor_HoldsItsValues()
    {
        Assert.SkipUnless(Libtorch.CudaDeviceCount > 0, "no CUDA device");
        using var scope = new TensorScope();
        var tensor = Tensor.ones([3], device: Device.Cuda());
        Assert.Equal(6, (tensor * 2).sum().item());
        Assert.Equal(Device.Cuda(), tensor.Device);
    }
}
