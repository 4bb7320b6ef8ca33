// Every test uses all cores through one team of threads.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
