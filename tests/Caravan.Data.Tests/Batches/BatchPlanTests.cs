namespace Caravan.Data.Tests.Batches;

public sealed class BatchPlanTests
{
    private static int[] Lengths(int count, int max, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => 1 + (int)(max * Math.Pow(random.NextDouble(), 2) * 0.999))];
    }

    public static TheoryData<bool, int, int, int> Plans => new()
    {
        { false, 1000, 1, 128 }, { false, 1000, 7, 128 }, { false, 3, 8, 128 },
        { true, 1000, 1, 128 }, { true, 9000, 3, 2048 }, { true, 1, 4, 64 }, { true, 5000, 2, 63 },
    };

    [Theory]
    [MemberData(nameof(Plans))]
    public void Epoch_AnySettings_HasEveryExampleOnceAndWholeBins(bool packing, int count, int perDevice, int max)
    {
        var lengths = Lengths(count, max, 5);
        var plan = new BatchPlan(lengths, new()
        {
            Packing = packing,
            PerDeviceTrainBatchSize = perDevice,
            MaxSeqLength = max,
        });
        for (var number = 0; number < 3; number++)
        {
            var epoch = plan.Epoch(number);
            Assert.Equal(Enumerable.Range(0, count), epoch.MicroBatches.SelectMany(batch => batch).Order());
            foreach (var batch in epoch.MicroBatches)
            {
                Assert.NotEmpty(batch);
                if (packing)
                    Assert.True(batch.Sum(index => lengths[index]) <= perDevice * max);
                else
                    Assert.True(batch.Length <= perDevice);
            }
        }
    }

    [Fact]
    public void Epoch_SameSeed_SamePlan_OtherSeedOrEpoch_OtherPlan()
    {
        var lengths = Lengths(2000, 256, 1);
        static string Text(EpochPlan plan) =>
            string.Join(";", plan.MicroBatches.Select(batch => string.Join(",", batch)));
        foreach (var packing in new[] { true, false })
        {
            var settings = new BatchPlanSettings
            {
                Packing = packing,
                PerDeviceTrainBatchSize = 2,
                MaxSeqLength = 256,
                Seed = 9,
            };
            var first = Text(new BatchPlan(lengths, settings).Epoch(3));
            Assert.Equal(first, Text(new BatchPlan(lengths, settings).Epoch(3)));
            Assert.NotEqual(first, Text(new BatchPlan(lengths, settings).Epoch(4)));
            Assert.NotEqual(first, Text(new BatchPlan(lengths, settings with { Seed = 10 }).Epoch(3)));
        }
    }

    [Fact]
    public void Epoch_Packed_FillsBinsAlmostWholly()
    {
        var lengths = Lengths(20_000, 2048, 3);
        var epoch = new BatchPlan(lengths, new() { Packing = true, MaxSeqLength = 2048 }).Epoch(0);
        Assert.Equal(lengths.Sum() / (2048.0 * epoch.MicroBatches.Count), epoch.FillRatio, 12);
        Assert.InRange(epoch.FillRatio, 0.99, 1);
    }

    [Fact]
    public void Epoch_Packed_DoesNotTrainOnLongRowsFirst()
    {
        var lengths = Lengths(4000, 1024, 4);
        var epoch = new BatchPlan(lengths, new() { Packing = true, MaxSeqLength = 1024 }).Epoch(0);
        var rows = epoch.MicroBatches.Select(batch => batch.Length).ToList();
        var half = rows.Count / 2;
        Assert.InRange(rows.Take(half).Average() / rows.Skip(half).Average(), 0.8, 1.25);
    }

    [Fact]
    public void Epoch_SeveralRanks_ShareOnePermutationEvenly()
    {
        var lengths = Lengths(101, 64, 2);
        var settings = new BatchPlanSettings { PerDeviceTrainBatchSize = 3, MaxSeqLength = 64, WorldSize = 4 };
        var alone = new BatchPlan(lengths, settings with { WorldSize = 1 }).Epoch(1).MicroBatches;
        var ranks = Enumerable.Range(
            0, 4).Select(rank => new BatchPlan(lengths, settings with { Rank = rank }).Epoch(1).MicroBatches).ToList();
        Assert.Equal(34, alone.Count);
        Assert.All(ranks, batches => Assert.Equal(9, batches.Count));
        for (var i = 0; i < 36; i++)
            Assert.Equal(alone[i % 34], ranks[i % 4][i / 4]);
    }

    [Fact]
    public void Batches_FromAPosition_GoOnExactly()
    {
        var set = TrainingSet.FromRecords(
            Enumerable.Range(
                0, 50).Select(i => new InstructionRecord("d", $"{i}", [new("assistant", new string('x', i + 2))])),
            messages =>
                new([.. messages[0].Content.Select(c => (int)c)], [.. messages[0].Content.Select(c => (int)c)], false),
            cancellation: TestContext.Current.CancellationToken);
        var plan = new BatchPlan(set.Lengths, new() { Packing = true, MaxSeqLength = 64 }).Epoch(0);
        var whole = set.Batches(plan).ToList();
        Assert.Equal(whole.Skip(5).Select(batch => string.Join(",", batch.RecordIds)), set.Batches(
            plan, 5).Select(batch => string.Join(",", batch.RecordIds)));
        Assert.Equal(
            set.Examples.Sum(example => (long)example.TargetTokens), whole.Sum(batch => (long)batch.TargetTokens));
    }

    [Fact]
    public void Plan_RowLongerThanABin_IsRefused() => Assert.Throws<ArgumentException>(() =>
        new BatchPlan([3, 9], new() { Packing = true, MaxSeqLength = 8 }));
}
