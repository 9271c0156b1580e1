#include "rivulet/status.h"

#include "engine/base/errors.h"

namespace rivulet {

std::string_view CodeName(Code code) {
  switch (code) {
    case Code::kOk: return "OK";
    case Code::kCancelled: return "CANCELLED";
    case Code::kUnknown: return "UNKNOWN";
    case Code::kInvalidArgument: return "INVALID_ARGUMENT";
    case Code::kDeadlineExceeded: return "DEADLINE_EXCEEDED";
    case Code::kNotFound: return "NOT_FOUND";
    case Code::kAlreadyExists: return "ALREADY_EXISTS";
    case Code::kPermissionDenied: return "PERMISSION_DENIED";
    case Code::kResourceExhausted: return "RESOURCE_EXHAUSTED";
    case Code::kFailedPrecondition: return "FAILED_PRECONDITION";
    case Code::kAborted: return "ABORTED";
    case Code::kOutOfRange: return "OUT_OF_RANGE";
    case Code::kUnimplemented: return "UNIMPLEMENTED";
    case Code::kInternal: return "INTERNAL";
    case Code::kUnavailable: return "UNAVAILABLE";
    case Code::kDataLoss: return "DATA_LOSS";
  }
  return "UNKNOWN";
}

struct Status::Rep {
  Code code;
  std::string message;
};

Status::Status(Code code, std::string message) {
  if (code != Code::kOk) rep_ = new Rep{code, std::move(message)};
}

Status::Status(const Status& other) : rep_(other.rep_) {
  if (rep_ != nullptr && rep_ != HandedOn()) rep_ = new Rep(*rep_);
}

Status& Status::operator=(const Status& other) {
  Status copy(other);
  std::swap(rep_, copy.rep_);
  return *this;
}

Code Status::code() const { return rep_ && rep_ != HandedOn() ? rep_->code : Code::kOk; }

std::string_view Status::message() const {
  return rep_ && rep_ != HandedOn() ? std::string_view(rep_->message) : std::string_view();
}

Status::Rep* Status::OfNoValue() { return new Rep{Code::kInternal, "a Result was made from an ok Status"}; }

void Status::Drop(Rep* rep) {
  if (rep != HandedOn()) delete rep;
}

Status::Rep* ErrorOfPieces(const char* code_and_kinds, ...) {
  va_list pieces;
  va_start(pieces, code_and_kinds);
  auto* rep = new Status::Rep{static_cast<Code>(code_and_kinds[0] - '0'), JoinPieceList(code_and_kinds + 1, pieces)};
  va_end(pieces);
  return rep;
}

Status Status::Framed(std::string_view frame) && {
  if (rep_) rep_->message.insert(0, ": ").insert(0, frame);
  return std::move(*this);
}

std::string Status::ToString() const {
  if (ok()) return "OK";
  return std::string(CodeName(code())) + ": " + rep_->message;
}

}  // namespace rivulet
