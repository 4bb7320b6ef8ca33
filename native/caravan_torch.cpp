// A C interface to libtorch: every operator through the boxed dispatcher, autograd with gradients written by the
// caller, random generators, and memory that libtorch does not own. Nothing here knows about language models.
//
// A tensor handle is a TensorImpl* that owns one reference. Functions that return a handle give that reference to the
// caller, who gives it back with cv_tensor_release. Functions that can fail return 0 for success; the message is then
// in cv_last_error of the same thread.
//
// Works with libtorch 1.13 and 2.x: operators are found by name, and schemas only gain arguments with defaults.

#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/core/Generator.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <c10/core/GradMode.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>
#include <torch/csrc/autograd/variable.h>
#include <torch/version.h>

#include <cstdint>
#include <cstdlib>
#include <exception>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#define CV_API extern "C" __attribute__((visibility("default")))

namespace {

// c10::optional was a type of its own before it became another name of std::optional.
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
using OptionalTensor = std::optional<at::Tensor>;
#else
using OptionalTensor = c10::optional<at::Tensor>;
#endif

thread_local std::string last_error;

template <typename Body>
int32_t guarded(Body&& body) {
  try {
    body();
    return 0;
  } catch (const c10::Error& error) {
    last_error = error.what_without_backtrace();
  } catch (const std::exception& error) {
    last_error = error.what();
  } catch (...) {
    last_error = "libtorch threw something that is not an exception";
  }
  return 1;
}

using Handle = c10::TensorImpl*;

Handle release_to_caller(at::Tensor tensor) {
  return tensor.defined() ? tensor.unsafeReleaseTensorImpl() : nullptr;
}

// A reference of our own; the caller keeps his.
at::Tensor borrow(Handle handle) {
  return handle == nullptr
      ? at::Tensor()
      : at::Tensor(c10::intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>::reclaim_copy(handle));
}

// Takes over the caller's reference.
at::Tensor adopt(Handle handle) {
  return handle == nullptr
      ? at::Tensor()
      : at::Tensor(c10::intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>::reclaim(handle));
}

std::vector<at::Tensor> borrow_all(Handle* handles, int32_t count) {
  std::vector<at::Tensor> tensors;
  tensors.reserve(count);
  for (int32_t i = 0; i < count; ++i) {
    tensors.push_back(borrow(handles[i]));
  }
  return tensors;
}

c10::Device decode_device(int64_t code) {
  return c10::Device(static_cast<c10::DeviceType>(code >> 32), static_cast<c10::DeviceIndex>(code & 0xff));
}

} // namespace

// ---------------------------------------------------------------------------------------------------------------------
// Operators

// Mirrors the managed struct of the same layout.
struct cv_value {
  int32_t kind;
  int32_t count;
  union {
    int64_t integer;
    double real;
    void* pointer;
  };
};

enum cv_kind : int32_t {
  kNone = 0,
  kTensor = 1,
  kInt = 2,
  kDouble = 3,
  kBool = 4,
  kIntList = 5,
  kDoubleList = 6,
  kTensorList = 7,
  kString = 8,
  kDevice = 9,
  kGenerator = 10,
};

namespace {

struct Operator {
  explicit Operator(c10::OperatorHandle operator_handle) : handle(std::move(operator_handle)) {
    for (const auto& argument : handle.schema().arguments()) {
      auto type = argument.type();
      if (auto optional = type->cast<c10::OptionalType>()) {
        type = optional->getElementType();
      }
      takes_real.push_back(type->kind() == c10::TypeKind::FloatType);
      auto list = type->cast<c10::ListType>();
      takes_optional_tensors.push_back(list && list->getElementType()->kind() == c10::TypeKind::OptionalType);
    }
  }

  c10::OperatorHandle handle;
  std::vector<bool> takes_real;
  std::vector<bool> takes_optional_tensors;
};

c10::IValue to_ivalue(const cv_value& value, const Operator& op, size_t index) {
  switch (value.kind) {
    case kNone:
      return c10::IValue();
    case kTensor:
      return c10::IValue(borrow(static_cast<Handle>(value.pointer)));
    case kInt:
      return op.takes_real[index] ? c10::IValue(static_cast<double>(value.integer)) : c10::IValue(value.integer);
    case kDouble:
      return c10::IValue(value.real);
    case kBool:
      return c10::IValue(value.integer != 0);
    case kIntList: {
      c10::List<int64_t> list;
      list.reserve(value.count);
      auto* items = static_cast<int64_t*>(value.pointer);
      for (int32_t i = 0; i < value.count; ++i) {
        list.push_back(items[i]);
      }
      return c10::IValue(std::move(list));
    }
    case kDoubleList: {
      c10::List<double> list;
      list.reserve(value.count);
      auto* items = static_cast<double*>(value.pointer);
      for (int32_t i = 0; i < value.count; ++i) {
        list.push_back(items[i]);
      }
      return c10::IValue(std::move(list));
    }
    case kTensorList: {
      auto* items = static_cast<Handle*>(value.pointer);
      if (op.takes_optional_tensors[index]) {
        c10::List<OptionalTensor> list;
        list.reserve(value.count);
        for (int32_t i = 0; i < value.count; ++i) {
          list.push_back(items[i] == nullptr ? OptionalTensor() : OptionalTensor(borrow(items[i])));
        }
        return c10::IValue(std::move(list));
      }
      c10::List<at::Tensor> list;
      list.reserve(value.count);
      for (int32_t i = 0; i < value.count; ++i) {
        list.push_back(borrow(items[i]));
      }
      return c10::IValue(std::move(list));
    }
    case kString:
      return c10::IValue(std::string(static_cast<const char*>(value.pointer), value.count));
    case kDevice:
      return c10::IValue(decode_device(value.integer));
    case kGenerator:
      return c10::IValue(*static_cast<at::Generator*>(value.pointer));
  }
  throw std::invalid_argument("unknown kind of argument: " + std::to_string(value.kind));
}

void from_ivalue(c10::IValue&& ivalue, cv_value& value) {
  value.count = 0;
  if (ivalue.isTensor()) {
    value.kind = kTensor;
    value.pointer = release_to_caller(std::move(ivalue).toTensor());
  } else if (ivalue.isInt()) {
    value.kind = kInt;
    value.integer = ivalue.toInt();
  } else if (ivalue.isDouble()) {
    value.kind = kDouble;
    value.real = ivalue.toDouble();
  } else if (ivalue.isBool()) {
    value.kind = kBool;
    value.integer = ivalue.toBool();
  } else if (ivalue.isTensorList()) {
    auto tensors = std::move(ivalue).toTensorVector();
    auto* handles = static_cast<Handle*>(std::malloc(tensors.size() * sizeof(Handle) + 1));
    if (handles == nullptr) {
      throw std::bad_alloc();
    }
    for (size_t i = 0; i < tensors.size(); ++i) {
      handles[i] = release_to_caller(std::move(tensors[i]));
    }
    value.kind = kTensorList;
    value.count = static_cast<int32_t>(tensors.size());
    value.pointer = handles;
  } else if (ivalue.isNone()) {
    value.kind = kNone;
  } else {
    throw std::invalid_argument("an operator returned a type that the binding does not carry: " + ivalue.tagKind());
  }
}

} // namespace

CV_API const char* cv_last_error() {
  return last_error.c_str();
}

// The operator, or null if this libtorch does not have it. Lives until the process ends.
CV_API void* cv_operator_find(const char* name, const char* overload) {
  auto handle = c10::Dispatcher::singleton().findSchema({name, overload});
  return handle.has_value() ? new Operator(*handle) : nullptr;
}

// Calls an operator. Missing trailing arguments take the schema's defaults. At most `capacity` results are written and
// `result_count` says how many there are; with capacity 0 all results are dropped (in-place operators).
CV_API int32_t cv_operator_call(
    void* op_pointer, const cv_value* arguments, int32_t argument_count, cv_value* results, int32_t capacity,
    int32_t* result_count) {
  return guarded([&] {
    auto& op = *static_cast<Operator*>(op_pointer);
    const auto& schema = op.handle.schema();
    const auto& parameters = schema.arguments();
    if (static_cast<size_t>(argument_count) > parameters.size()) {
      throw std::invalid_argument("too many arguments for " + toString(schema));
    }
    torch::jit::Stack stack;
    stack.reserve(parameters.size() + 2);
    for (int32_t i = 0; i < argument_count; ++i) {
      stack.push_back(to_ivalue(arguments[i], op, i));
    }
    for (size_t i = argument_count; i < parameters.size(); ++i) {
      if (!parameters[i].default_value().has_value()) {
        throw std::invalid_argument("argument '" + parameters[i].name() + "' is missing in a call of " + toString(schema));
      }
      stack.push_back(*parameters[i].default_value());
    }
    op.handle.callBoxed(&stack);
    if (capacity == 0) {
      *result_count = 0;
      return;
    }
    if (stack.size() > static_cast<size_t>(capacity)) {
      throw std::invalid_argument("more results than the caller has room for: " + toString(schema));
    }
    *result_count = static_cast<int32_t>(stack.size());
    for (size_t i = 0; i < stack.size(); ++i) {
      from_ivalue(std::move(stack[i]), results[i]);
    }
  });
}

CV_API void cv_free(void* memory) {
  std::free(memory);
}

// ---------------------------------------------------------------------------------------------------------------------
// Tensors

struct cv_tensor_info {
  const int64_t* sizes; // valid as long as the tensor lives and is not resized
  const int64_t* strides;
  void* data;
  int64_t numel;
  int64_t device; // as in decode_device
  int32_t dim;
  int32_t dtype;
  int32_t is_contiguous;
  int32_t requires_grad;
};

CV_API void cv_tensor_release(Handle handle) {
  adopt(handle);
}

CV_API Handle cv_tensor_retain(Handle handle) {
  return release_to_caller(borrow(handle));
}

CV_API int32_t cv_tensor_describe(Handle handle, cv_tensor_info* info) {
  return guarded([&] {
    auto tensor = borrow(handle);
    info->sizes = tensor.sizes().data();
    info->strides = tensor.strides().data();
    info->data = tensor.numel() == 0 ? nullptr : tensor.data_ptr();
    info->numel = tensor.numel();
    auto device = tensor.device();
    info->device = (static_cast<int64_t>(device.type()) << 32) | static_cast<uint8_t>(device.index());
    info->dim = static_cast<int32_t>(tensor.dim());
    info->dtype = static_cast<int32_t>(tensor.scalar_type());
    info->is_contiguous = tensor.is_contiguous();
    info->requires_grad = tensor.requires_grad();
  });
}

using cv_deleter = void (*)(void*);

// A CPU tensor over memory of the caller; `deleter(context)` runs when the last tensor over it is gone.
CV_API int32_t cv_tensor_from_memory(
    void* data, const int64_t* sizes, int32_t dim, int32_t dtype, cv_deleter deleter, void* context, Handle* result) {
  return guarded([&] {
    auto options = at::TensorOptions().dtype(static_cast<at::ScalarType>(dtype)).device(at::kCPU);
    auto release = [deleter, context](void*) {
      if (deleter != nullptr) {
        deleter(context);
      }
    };
    *result = release_to_caller(at::from_blob(data, at::IntArrayRef(sizes, dim), release, options));
  });
}

CV_API int32_t cv_tensor_set_requires_grad(Handle handle, int32_t requires_grad) {
  return guarded([&] { borrow(handle).set_requires_grad(requires_grad != 0); });
}

// The gradient, or null if there is none.
CV_API int32_t cv_tensor_grad(Handle handle, Handle* result) {
  return guarded([&] { *result = release_to_caller(borrow(handle).grad()); });
}

CV_API int32_t cv_tensor_set_grad(Handle handle, Handle gradient) {
  return guarded([&] { borrow(handle).mutable_grad() = borrow(gradient); });
}

// ---------------------------------------------------------------------------------------------------------------------
// Autograd

CV_API int32_t cv_grad_mode() {
  return c10::GradMode::is_enabled();
}

CV_API void cv_set_grad_mode(int32_t enabled) {
  c10::GradMode::set_enabled(enabled != 0);
}

CV_API int32_t cv_backward(Handle* roots, Handle* gradients, int32_t count, int32_t retain_graph) {
  return guarded([&] {
    torch::autograd::backward(borrow_all(roots, count), borrow_all(gradients, count), retain_graph != 0);
  });
}

CV_API int32_t cv_gradients(
    Handle* roots, Handle* root_gradients, int32_t root_count, Handle* inputs, int32_t input_count, int32_t retain_graph,
    int32_t create_graph, int32_t allow_unused, Handle* results) {
  return guarded([&] {
    auto gradients = torch::autograd::grad(
        borrow_all(roots, root_count), borrow_all(inputs, input_count), borrow_all(root_gradients, root_count),
        retain_graph != 0, create_graph != 0, allow_unused != 0);
    for (int32_t i = 0; i < input_count; ++i) {
      results[i] = release_to_caller(std::move(gradients[i]));
    }
  });
}

// Computes the gradients of the node's inputs from those of its outputs. Handles in `output_gradients` (null: no
// gradient) belong to the callee, those it writes to `input_gradients` belong to us. Non-zero: it failed.
using cv_backward_callback = int32_t (*)(
    void* context, Handle* output_gradients, int32_t output_count, Handle* input_gradients, int32_t input_count);

// Called when saved values may go (is_last 0: after a backward pass that does not retain the graph) and when the node
// itself goes (is_last 1: the context is never used again).
using cv_release_callback = void (*)(void* context, int32_t is_last);

namespace {

struct CallerNode : public torch::autograd::Node {
  CallerNode(const char* node_name, cv_backward_callback backward_callback, cv_release_callback release_callback,
      void* callback_context)
      : label(node_name), backward(backward_callback), release(release_callback), context(callback_context) {}

  ~CallerNode() override {
    release(context, 1);
  }

  std::string name() const override {
    return label;
  }

  void release_variables() override {
    release(context, 0);
  }

  torch::autograd::variable_list apply(torch::autograd::variable_list&& gradients) override {
    std::vector<Handle> incoming;
    incoming.reserve(gradients.size());
    for (auto& gradient : gradients) {
      incoming.push_back(release_to_caller(std::move(gradient)));
    }
    std::vector<Handle> outgoing(num_outputs(), nullptr);
    auto failed = backward(
        context, incoming.data(), static_cast<int32_t>(incoming.size()), outgoing.data(),
        static_cast<int32_t>(outgoing.size()));
    torch::autograd::variable_list result;
    result.reserve(outgoing.size());
    for (auto* handle : outgoing) {
      result.push_back(adopt(handle));
    }
    if (failed != 0) {
      throw std::runtime_error("the gradient of " + label + " failed");
    }
    return result;
  }

  std::string label;
  cv_backward_callback backward;
  cv_release_callback release;
  void* context;
};

} // namespace

// Makes `outputs`, computed by the caller outside of autograd, depend on `inputs` through the caller's own gradient.
// The context belongs to the node from here on, also when this fails.
CV_API int32_t cv_attach_gradient(
    const char* name, Handle* outputs, int32_t output_count, Handle* inputs, int32_t input_count,
    cv_backward_callback backward, cv_release_callback release, void* context) {
  return guarded([&] {
    std::shared_ptr<CallerNode> node(
        new CallerNode(name, backward, release, context), torch::autograd::deleteNode);
    node->set_next_edges(torch::autograd::collect_next_edges(borrow_all(inputs, input_count)));
    for (int32_t i = 0; i < output_count; ++i) {
      auto output = borrow(outputs[i]);
      torch::autograd::set_history(output, node);
    }
  });
}

// ---------------------------------------------------------------------------------------------------------------------
// Random generators

CV_API int32_t cv_generator_create(int64_t device_code, uint64_t seed, void** result) {
  return guarded([&] {
    auto device = decode_device(device_code);
    at::Generator source = at::globalContext().defaultGenerator(device);
    auto generator = source.clone();
    generator.set_current_seed(seed);
    *result = new at::Generator(std::move(generator));
  });
}

// The generator that operators use when none is given; shared with libtorch, not a copy.
CV_API int32_t cv_generator_default(int64_t device_code, void** result) {
  return guarded([&] { *result = new at::Generator(at::globalContext().defaultGenerator(decode_device(device_code))); });
}

CV_API void cv_generator_release(void* generator) {
  delete static_cast<at::Generator*>(generator);
}

CV_API int32_t cv_generator_state(void* generator, Handle* result) {
  return guarded([&] {
    auto& source = *static_cast<at::Generator*>(generator);
    std::lock_guard<std::mutex> lock(source.mutex());
    *result = release_to_caller(source.get_state());
  });
}

CV_API int32_t cv_generator_set_state(void* generator, Handle state) {
  return guarded([&] {
    auto& target = *static_cast<at::Generator*>(generator);
    std::lock_guard<std::mutex> lock(target.mutex());
    target.set_state(borrow(state));
  });
}

// Seeds the generators that operators use when none is given.
CV_API int32_t cv_manual_seed(uint64_t seed) {
  return guarded([&] { at::manual_seed(seed); });
}

// ---------------------------------------------------------------------------------------------------------------------
// The library itself

CV_API const char* cv_version() {
  return TORCH_VERSION;
}

CV_API const char* cv_build_configuration() {
  static const std::string text = at::show_config();
  return text.c_str();
}

CV_API int32_t cv_threads() {
  return at::get_num_threads();
}

CV_API int32_t cv_set_threads(int32_t count) {
  return guarded([&] { at::set_num_threads(count); });
}

CV_API int32_t cv_cuda_device_count() {
  return at::hasCUDA() ? c10::impl::VirtualGuardImpl(c10::DeviceType::CUDA).deviceCount() : 0;
}

CV_API int32_t cv_has_gloo() {
#ifdef CARAVAN_HAS_GLOO
  return 1;
#else
  return 0;
#endif
}

CV_API int32_t cv_has_nccl() {
#ifdef CARAVAN_HAS_NCCL
  return 1;
#else
  return 0;
#endif
}
