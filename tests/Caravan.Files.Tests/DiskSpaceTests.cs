namespace Caravan.Files.Tests;

public class DiskSpaceTests
{
    [Fact]
    public void Require_MoreThanTheDiskHas_NamesPathAndSizes()
    {
        var error = Assert.Throws<BadInputException>(() => DiskSpace.Require("/tmp/not/yet/there", long.MaxValue));
        Assert.StartsWith("/tmp/not/yet/there: not enough space: 8.0 EiB are needed", error.Message);
    }

    [Theory]
    [InlineData(0, "0 bytes")]
    [InlineData(1023, "1023 bytes")]
    [InlineData(1536, "1.5 KiB")]
    [InlineData(14_495_514_624, "13.5 GiB")]
    public void Format_GivesOneDecimalAndAUnit(long bytes, string expected) =>
        Assert.Equal(expected, ByteSize.Format(bytes));
}
