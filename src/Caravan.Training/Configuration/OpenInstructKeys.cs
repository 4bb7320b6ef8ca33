namespace Caravan.Training.Configuration;

/// <summary>The keys of open-instruct's finetuning that Caravan knows and does not act on.</summary>
public static class OpenInstructKeys
{
    private const string OneTokenizer = "there is one tokenizer, which gives the ids that training needs";
    private const string LocalFiles = "models and data are files on this machine";
    private const string NoTracker = "metrics are written to the output directory and sent nowhere";
    private const string NoCluster = "it steers one laboratory's cluster";

    /// <summary>All of them, by name.</summary>
    public static IReadOnlyDictionary<string, ForeignKey> Sft { get; } = new ForeignKey[]
    {
        // Wished for, and so anyway.
        Harmless("use_slow_tokenizer", OneTokenizer),
        Harmless("use_fast_tokenizer", OneTokenizer),
        Harmless("use_flash_attn", "attention never keeps the square of scores"),
        Harmless("low_cpu_mem_usage", "weights are read one tensor at a time"),
        Harmless("preprocessing_num_workers", "all cores tokenise"),
        Harmless("dataset_num_proc", "all cores tokenise"),
        Harmless("fused_optimizer", "the optimizer is one pass over each parameter"),
        Harmless("use_liger_kernel", "losses and norms are fused already"),
        Harmless("sync_each_batch", "the result does not depend on it"),
        Harmless("timeout", "no process waits for another"),
        Harmless("ddp_timeout", "no process waits for another"),
        Harmless("model_revision", LocalFiles),
        Harmless("tokenizer_revision", LocalFiles),
        Harmless("dataset_config_name", LocalFiles),
        Harmless("hf_entity", LocalFiles),
        Harmless("cache_dataset_only", "the cache is filled by every run"),
        Harmless("dataset_cache_mode", "the cache is on this machine"),
        Harmless("dataset_config_hash", "the cache's key is made of the data and the settings"),
        Harmless("dataset_mix_dir", "records are mixed in memory"),
        Harmless("dataset_mixer_list_splits", "a file is one split; name the one you mean"),
        Harmless("dataset_splits", "a file is one split; name the one you mean"),
        Harmless("dataset_skip_cache", "the cache's key is made of the data and the settings"),
        Harmless("save_to_hub", NoTracker),
        Harmless("with_tracking", NoTracker),
        Harmless("wandb_project_name", NoTracker),
        Harmless("wandb_project", NoTracker),
        Harmless("wandb_entity", NoTracker),
        Harmless("run_name", NoTracker),
        Harmless("exp_name", NoTracker),
        Harmless("add_seed_and_date_to_exp_name", NoTracker),
        Harmless("do_not_randomize_output_dir", "the output directory is the one that is named"),
        Harmless("clean_checkpoints_at_end", "keep_last_n_checkpoints says what stays"),
        Harmless("gradient_checkpointing_use_reentrant", "recomputed layers give the same gradients either way"),

        // Wished for, and not so: the run would be another.
        Refused("config_name", "config.json belongs to the model directory"),
        Refused("trust_remote_code", "no code from a model directory is ever run; the architectures are built in"),
        Refused("push_to_hub", "nothing is uploaded; upload the output directory yourself"),
        Refused("hf_repo_id", "nothing is uploaded; upload the output directory yourself"),
        Refused("hf_repo_revision", "nothing is uploaded; upload the output directory yourself"),
        Refused("hf_metadata_dataset", "nothing is uploaded; upload the output directory yourself"),
        Refused("try_launch_beaker_eval_jobs", NoCluster),
        Refused("try_auto_save_to_beaker", NoCluster),
        Refused("gs_bucket_path", NoCluster),
        Refused("oe_eval_tasks", NoCluster),
        Refused("oe_eval_max_length", NoCluster),
        Refused("load_balancing_loss", "there are no mixture-of-experts models here"),
        Refused("load_balancing_weight", "there are no mixture-of-experts models here"),
        Refused("sequence_parallel_size", "a record's tokens are never spread over devices"),
        Refused("dataset_transform_fn", "what is trained on follows from chat_template_name"),
        Refused("dataset_target_columns", "what is trained on follows from chat_template_name"),
        Refused("use_8bit_optimizer", "the optimizer's moments are fp32"),
        Refused("zero_stage", "parameters are not sharded"),
        Refused("offload_optimizer", "parameters are not sharded"),
        Refused("offload_param", "parameters are not sharded"),
    }.ToDictionary(key => key.Name);

    private static ForeignKey Harmless(string name, string reason) => new(name, reason, IsHarmless: true);

    private static ForeignKey Refused(string name, string reason) => new(name, reason, IsHarmless: false);
}
