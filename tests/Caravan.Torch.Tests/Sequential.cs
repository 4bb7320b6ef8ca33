// The count of live tensors is one for the whole process.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
