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

    // DeepSpeed's WarmupDecayLR: the logarithm of the update over that of the warm-up.
    [Theory]
    [InlineData(0, 0), InlineData(9, 0.5), InlineData(99, 1), InlineData(100, 1), InlineData(550, 0.5),
        InlineData(1000, 0)]
    public void LogWarmUp_RisesWithTheLogarithm(int step, double expected) => Assert.Equal(
        expected, new LearningRateSchedule(LrSchedulerType.Linear, 1, 100, 1000, WarmupType.Log).At(step), 1e-12);

    [Fact]
    public void FinalRatio_IsWhereALinearScheduleEnds()
    {
        var schedule = new LearningRateSchedule(LrSchedulerType.Linear, 1e-5, 10, 110, finalRatio: 0.1);
        Assert.Equal(1e-5, schedule.At(10), 1e-15);
        Assert.Equal(0.55e-5, schedule.At(60), 1e-15);
        Assert.Equal(1e-6, schedule.At(110), 1e-15);
    }

    [Fact]
    public void OtherKinds_EndAsHuggingFaces()
    {
        var polynomial = new LearningRateSchedule(LrSchedulerType.Polynomial, 1e-3, 0, 100);
        Assert.Equal((1e-3 + 1e-7) / 2, polynomial.At(50), 1e-12);
        Assert.Equal(1e-7, polynomial.At(100), 1e-15);
        var restarts = new LearningRateSchedule(LrSchedulerType.CosineWithRestarts, 1, 0, 100);
        Assert.Equal(0.5, restarts.At(50), 1e-12);
        Assert.Equal(0, restarts.At(100));
    }
}
