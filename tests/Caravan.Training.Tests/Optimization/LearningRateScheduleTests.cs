using Caravan.Training.Configuration;
using Caravan.Training.Optimization;

namespace Caravan.Training.Tests.Optimization;

public class LearningRateScheduleTests
{
    // 100 updates with a warm-up ratio of 0.03; the factors that open-instruct's linear schedule gives.
    [Theory]
    [InlineData(0, 0), InlineData(1, 0.333333), InlineData(3, 1), InlineData(50, 0.515464), InlineData(99, 0.010309)]
    [InlineData(100, 0)]
    public void Linear_RisesAndFalls(int step, double expected) =>
        Assert.Equal(expected * 2e-5, new LearningRateSchedule(LrSchedulerType.Linear, 2e-5, 3, 100).At(step), 1e-11);

    [Theory]
    [InlineData(0, 0), InlineData(10, 1), InlineData(55, 0.5), InlineData(100, 0)]
    public void Cosine_IsHalfwayInTheMiddle(int step, double expected) =>
        Assert.Equal(expected, new LearningRateSchedule(LrSchedulerType.Cosine, 1, 10, 100).At(step), 1e-12);

    [Fact]
    public void Constant_HasAWarmUpOnlyWhereItSaysSo()
    {
        Assert.Equal(1, new LearningRateSchedule(LrSchedulerType.Constant, 1, 10, 100).At(0));
        Assert.Equal(0.5, new LearningRateSchedule(LrSchedulerType.ConstantWithWarmup, 1, 10, 100).At(5));
        Assert.Equal(1, new LearningRateSchedule(LrSchedulerType.ConstantWithWarmup, 1, 10, 100).At(99));
    }
}
