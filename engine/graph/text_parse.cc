#include <cerrno>
#include <cmath>
#include <cstdlib>

#include "engine/base/errors.h"
#include "engine/graph/text_form.h"

namespace rivulet {
namespace {

constexpr int kMaxDepth = 32;  // functions within attributes

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<Graph> Parse() {
    Graph graph;
    graph.has_versions = true;
    while (SkipBlankLines()) RIVULET_RETURN_IF_ERROR(ParseNode(&graph));
    for (const Link& link : links_) {
      const int32_t producer = graph.Find(link.name);
      if (producer < 0) return InvalidArgument("line ", link.line, ": no node is called ", Quoted(link.name));
      Node& node = graph.node(link.node);
      if (link.slot < 0) {
        node.control_inputs.push_back(producer);
      } else {
        node.inputs.push_back({producer, link.slot});
      }
    }
    return graph;
  }

 private:
  struct Link {
    int32_t node;
    std::string name;
    int32_t slot;  // -1: control
    int64_t line;
  };

  template <typename... Args>
  Status Error(const Args&... args) const {
    return InvalidArgument("line ", line_, ": ", args...);
  }

  bool SkipBlankLines() {
    for (;;) {
      SkipBlanks();
      if (at_ < text_.size() && text_[at_] == '#') SkipLine();
      if (at_ == text_.size()) return false;
      if (text_[at_] != '\n') return true;
      ++at_;
      ++line_;
    }
  }
  void SkipBlanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\r')) ++at_;
  }
  void SkipLine() {
    while (at_ < text_.size() && text_[at_] != '\n') ++at_;
  }
  bool Accept(std::string_view token) {
    SkipBlanks();
    if (text_.substr(at_, token.size()) != token) return false;
    at_ += token.size();
    return true;
  }
  Status Want(std::string_view token) {
    if (Accept(token)) return Status();
    return Error("want ", Quoted(token), ", got ", Quoted(text_.substr(at_, 10)));
  }

  std::string_view Word() {
    SkipBlanks();
    const size_t start = at_;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
            c == '/' || c == '-' || c == '+'))
        break;
      ++at_;
    }
    return text_.substr(start, at_ - start);
  }

  Status ParseString(std::string* out) {
    RIVULET_RETURN_IF_ERROR(Want("\""));
    while (at_ < text_.size() && text_[at_] != '"') {
      char c = text_[at_++];
      if (c == '\n') return Error("a string is not closed");
      if (c == '\\' && at_ < text_.size()) {
        c = text_[at_++];
        if (c == 'x') {
          const std::string digits(text_.substr(at_, 2));
          char* end = nullptr;
          const long value = std::strtol(digits.c_str(), &end, 16);
          if (digits.size() != 2 || *end != '\0') return Error("want two hexadecimal digits after \\x");
          c = static_cast<char>(value);
          at_ += 2;
        }
      }
      *out += c;
    }
    return Want("\"");
  }

  Status ParseName(std::string* name) {
    SkipBlanks();
    if (at_ < text_.size() && text_[at_] == '"') return ParseString(name);
    *name = std::string(Word());
    return name->empty() ? Error("want a name, got ", Quoted(text_.substr(at_, 10))) : Status();
  }

  Status ParseNode(Graph* graph) {
    Node node;
    RIVULET_RETURN_IF_ERROR(ParseName(&node.name));
    if (graph->Find(node.name) >= 0) return Error("two nodes are called ", Quoted(node.name));
    RIVULET_RETURN_IF_ERROR(Want("="));
    RIVULET_RETURN_IF_ERROR(ParseName(&node.op));
    RIVULET_RETURN_IF_ERROR(Want("("));
    while (!Accept(")")) {
      Link link{graph->size(), {}, 0, line_};
      if (Accept("^")) link.slot = -1;
      RIVULET_RETURN_IF_ERROR(ParseName(&link.name));
      if (link.slot == 0 && Accept(":")) {
        int64_t slot = 0;
        RIVULET_RETURN_IF_ERROR(ParseInt(&slot));
        if (slot < 0 || slot > (1 << 20)) return Error("output ", slot, " cannot exist");
        link.slot = static_cast<int32_t>(slot);
      }
      links_.push_back(std::move(link));
      if (!Accept(",") && text_.substr(at_, 1) != ")") return Error("want ',' or ')' among the inputs");
    }
    if (Accept("{")) RIVULET_RETURN_IF_ERROR(ParseAttrs(&node.attrs, 0));
    if (Accept("->")) SkipLine();
    SkipBlanks();
    if (at_ < text_.size() && text_[at_] == '#') SkipLine();
    if (at_ < text_.size() && text_[at_] != '\n')
      return Error("want the end of the line, got ", Quoted(text_.substr(at_, 10)));
    graph->AddNode(std::move(node));
    return Status();
  }

  Status ParseAttrs(AttrMap* attrs, int depth) {
    if (depth > kMaxDepth) return Error("attributes nested deeper than ", kMaxDepth);
    while (!Accept("}")) {
      std::string name;
      RIVULET_RETURN_IF_ERROR(ParseName(&name));
      RIVULET_RETURN_IF_ERROR(Want("="));
      AttrValue value;
      RIVULET_RETURN_IF_ERROR(ParseValue(&value, depth));
      attrs->Set(name, std::move(value));
      if (!Accept(",") && text_.substr(at_, 1) != "}") return Error("want ',' or '}' among the attributes");
    }
    return Status();
  }

  Status ParseInt(int64_t* value) {
    const std::string word(Word());
    char* end = nullptr;
    errno = 0;
    *value = std::strtoll(word.c_str(), &end, 10);
    return word.empty() || *end != '\0' || errno != 0 ? Error("want an integer, got ", Quoted(word)) : Status();
  }

  Status ParseReal(double* value) {
    const std::string word(Word());
    char* end = nullptr;
    *value = std::strtod(word.c_str(), &end);
    return word.empty() || *end != '\0' ? Error("want a number, got ", Quoted(word)) : Status();
  }

  static float ToFloat(double value) {
    return std::abs(value) >= 3.4028235677973366e+38 ? std::copysign(HUGE_VALF, static_cast<float>(value > 0 ? 1 : -1))
                                                     : static_cast<float>(value);
  }

  static DType TypeOf(std::string_view word) {
    for (int i = 1; i < 24; ++i) {
      if (Name(static_cast<DType>(i)) == word) return static_cast<DType>(i);
    }
    return DType::kInvalid;
  }

  Status ParseShape(Shape* shape) {
    if (Accept("?")) {
      *shape = Shape::UnknownRank();
      return Status();
    }
    RIVULET_RETURN_IF_ERROR(Want("["));
    while (!Accept("]")) {
      int64_t dim = Shape::kUnknownDim;
      if (!Accept("?")) RIVULET_RETURN_IF_ERROR(ParseInt(&dim));
      if (shape->rank() == Shape::kMaxRank) return Error("a shape of more than ", Shape::kMaxRank, " dims");
      shape->push_back(dim);
      Accept(",");
      if (at_ == text_.size()) return Error("a shape is not closed");
    }
    return Status();
  }

  template <typename Element>
  Status ParseElements(const Element& element) {
    RIVULET_RETURN_IF_ERROR(Want("["));
    while (!Accept("]")) {
      RIVULET_RETURN_IF_ERROR(element());
      Accept(",");
      if (at_ == text_.size()) return Error("a list is not closed");
    }
    return Status();
  }

  Status ParseList(std::string_view kind, int depth, AttrValue* value) {
    auto list = std::make_shared<AttrList>();
    Status status = ParseElements([&]() -> Status {
      AttrValue element;
      if (kind == "strings") return ParseString(&list->strings.emplace_back());
      if (kind == "ints") return ParseInt(&list->ints.emplace_back());
      if (kind == "floats") {
        double real = 0;
        RIVULET_RETURN_IF_ERROR(ParseReal(&real));
        list->floats.push_back(ToFloat(real));
        return Status();
      }
      RIVULET_RETURN_IF_ERROR(ParseValue(&element, depth + 1));
      if (kind == "bools" && std::holds_alternative<bool>(element)) {
        list->bools.push_back(std::get<bool>(element));
      } else if (kind == "types" && std::holds_alternative<DType>(element)) {
        list->types.push_back(std::get<DType>(element));
      } else if (kind == "shapes" && std::holds_alternative<Shape>(element)) {
        list->shapes.push_back(std::get<Shape>(element));
      } else if (kind == "functions" && std::holds_alternative<FunctionCall>(element)) {
        list->functions.push_back(std::get<FunctionCall>(element));
      } else if (kind == "tensors" && std::holds_alternative<std::shared_ptr<const TensorLiteral>>(element)) {
        list->tensors.push_back(std::get<std::shared_ptr<const TensorLiteral>>(element));
      } else {
        return Error("a list of ", kind, " cannot hold this");
      }
      return Status();
    });
    *value = std::shared_ptr<const AttrList>(std::move(list));
    return status;
  }

  Status ParseValue(AttrValue* value, int depth) {
    if (depth > kMaxDepth) return Error("attributes nested deeper than ", kMaxDepth);
    SkipBlanks();
    if (text_.substr(at_, 1) == "\"") {
      std::string text;
      RIVULET_RETURN_IF_ERROR(ParseString(&text));
      *value = std::move(text);
      return Status();
    }
    if (Accept("@")) {
      FunctionCall call;
      RIVULET_RETURN_IF_ERROR(ParseName(&call.name));
      auto attrs = std::make_shared<AttrMap>();
      if (Accept("{")) RIVULET_RETURN_IF_ERROR(ParseAttrs(attrs.get(), depth + 1));
      call.attrs = std::move(attrs);
      *value = std::move(call);
      return Status();
    }
    if (Accept("$")) {
      AttrPlaceholder placeholder;
      RIVULET_RETURN_IF_ERROR(ParseName(&placeholder.name));
      *value = std::move(placeholder);
      return Status();
    }
    const std::string word(Word());
    if (word == "true" || word == "false") {
      *value = word == "true";
    } else if (word == "shape") {
      Shape shape;
      RIVULET_RETURN_IF_ERROR(ParseShape(&shape));
      *value = std::move(shape);
    } else if (const DType dtype = TypeOf(word); dtype != DType::kInvalid) {
      if (text_.substr(at_, 1) == "[") return ParseTensor(dtype, value);
      *value = dtype;
    } else if (text_.substr(at_, 1) == "[") {
      return ParseList(word, depth, value);
    } else if (!word.empty() && (word.back() == 'f')) {
      char* end = nullptr;
      const std::string digits = word.substr(0, word.size() - 1);
      const double real = std::strtod(digits.c_str(), &end);
      // "inf" ends in the suffix's letter as well: "inff" is what is printed.
      if (digits.empty() || *end != '\0') return Error("want a value, got ", Quoted(word));
      *value = ToFloat(real);
    } else {
      char* end = nullptr;
      errno = 0;
      const int64_t number = std::strtoll(word.c_str(), &end, 10);
      if (word.empty() || *end != '\0' || errno != 0) return Error("want a value, got ", Quoted(word));
      *value = number;
    }
    return Status();
  }

  Status ParseElement(DType dtype, Tensor* tensor, int64_t i) {
    if (dtype == DType::kString) return ParseString(&tensor->data<std::string>()[i]);
    if (dtype == DType::kBool) {
      const std::string_view word = Word();
      tensor->data<bool>()[i] = word == "true";
      return word == "true" || word == "false" ? Status() : Error("want true or false");
    }
    if (dtype == DType::kUint64) {
      const std::string word(Word());
      char* end = nullptr;
      tensor->data<uint64_t>()[i] = std::strtoull(word.c_str(), &end, 10);
      return word.empty() || *end != '\0' ? Error("want an integer, got ", Quoted(word)) : Status();
    }
    double real = 0;
    double imaginary = 0;
    int64_t number = 0;
    switch (dtype) {
      case DType::kFloat:
      case DType::kDouble:
      case DType::kHalf:
      case DType::kBfloat16: RIVULET_RETURN_IF_ERROR(ParseReal(&real)); break;
      case DType::kComplex64:
      case DType::kComplex128:
        RIVULET_RETURN_IF_ERROR(ParseReal(&real));
        RIVULET_RETURN_IF_ERROR(ParseReal(&imaginary));
        break;
      default: RIVULET_RETURN_IF_ERROR(ParseInt(&number));
    }
    switch (dtype) {
      case DType::kFloat: tensor->data<float>()[i] = ToFloat(real); break;
      case DType::kDouble: tensor->data<double>()[i] = real; break;
      case DType::kHalf: tensor->data<Half>()[i] = Half(ToFloat(real)); break;
      case DType::kBfloat16: tensor->data<BFloat16>()[i] = BFloat16(ToFloat(real)); break;
      case DType::kComplex64: tensor->data<Complex64>()[i] = {ToFloat(real), ToFloat(imaginary)}; break;
      case DType::kComplex128: tensor->data<Complex128>()[i] = {real, imaginary}; break;
      default:
        switch (ElementBytes(dtype)) {
          case 1: tensor->data<uint8_t>()[i] = static_cast<uint8_t>(number); break;
          case 2: tensor->data<uint16_t>()[i] = static_cast<uint16_t>(number); break;
          case 4: tensor->data<uint32_t>()[i] = static_cast<uint32_t>(number); break;
          default: tensor->data<int64_t>()[i] = number;
        }
    }
    return Status();
  }

  Status ParseTensor(DType dtype, AttrValue* value) {
    auto literal = std::make_shared<TensorLiteral>();
    literal->dtype = dtype;
    RIVULET_RETURN_IF_ERROR(ParseShape(&literal->shape));
    if ((ElementBytes(dtype) == 0 && dtype != DType::kString) || literal->shape.num_elements() < 0)
      return Error("a constant needs a plain type and a complete shape");
    RIVULET_RETURN_IF_ERROR(Want("{"));
    auto allocator = Allocator::Create();
    // Elements are at least two characters each, so the text bounds them.
    const int64_t most = std::min<int64_t>(literal->shape.num_elements(), static_cast<int64_t>(text_.size()));
    RIVULET_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(dtype, {most}, *allocator));
    int64_t count = 0;
    while (!Accept("}")) {
      if (count == most) return Error("a constant of shape ", literal->shape.ToString(), " has more values");
      RIVULET_RETURN_IF_ERROR(ParseElement(dtype, &tensor, count++));
      Accept(",");
      if (at_ == text_.size()) return Error("a constant is not closed");
    }
    literal->prefix = Tensor::View(dtype, {count}, tensor.raw(), tensor.owner());
    *value = std::shared_ptr<const TensorLiteral>(std::move(literal));
    return Status();
  }

  std::string_view text_;
  size_t at_ = 0;
  int64_t line_ = 1;
  std::vector<Link> links_;
};

}  // namespace

Result<Graph> ParseGraph(std::string_view text) { return Parser(text).Parse(); }

}  // namespace rivulet
