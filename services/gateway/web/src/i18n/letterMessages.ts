/** Texts about dead letters: why, and what can be done. */

export const lettersVi = {
  'letter.invalid-json': 'Dòng không phải JSON',
  'letter.invalid-item': 'Thiếu, thừa hoặc sai trường dữ liệu',
  'letter.datastream-key': 'Mã chuỗi dữ liệu sai dạng',
  'letter.datastream-unknown': 'Không có chuỗi dữ liệu này',
  'letter.datastream-forbidden': 'Khóa không được ghi vào chuỗi dữ liệu này',
  'letter.result-type': 'Giá trị không đúng kiểu của chuỗi dữ liệu',
  'letter.time-too-early': 'Thời điểm quá xa về trước (đồng hồ thiết bị sai)',
  'letter.time-in-future': 'Thời điểm ở tương lai (đồng hồ thiết bị sai)',
  'letter.too-deep': 'Đối tượng lồng nhau quá sâu',
  'letter.nul-character': 'Văn bản có ký tự rỗng (U+0000)',
  'letter.number-range': 'Số vượt quá phạm vi lưu được',
  'letter.kind.observation': 'số đo',
  'letter.kind.service-event': 'sự kiện dịch vụ công',
  'letter.kind.record': 'bản ghi Kafka',
  'letter.corrected': 'đã sửa nội dung',
  'letter.edit': 'Sửa nội dung…',
  'letter.dropEdit': 'Bỏ sửa',
  'letter.editHint': 'Bản gốc được giữ nguyên; nội dung đã sửa được ghi vào nhật ký cùng tên của bạn.',
  'letter.noJson': 'Nội dung đang sửa chưa phải JSON hợp lệ.',
  'letter.sendCorrected': 'Gửi bản đã sửa',
  'letter.correctedHint':
    'Nội dung đã sửa đi qua cửa nhận dữ liệu với tên nhà cung cấp. Việc sửa được ghi vào nhật ký.',
}

export const lettersEn: Record<keyof typeof lettersVi, string> = {
  'letter.invalid-json': 'The line is not JSON',
  'letter.invalid-item': 'A field is missing, unknown or of the wrong form',
  'letter.datastream-key': 'The key of the datastream has the wrong form',
  'letter.datastream-unknown': 'There is no such datastream',
  'letter.datastream-forbidden': 'The key may not write to this datastream',
  'letter.result-type': 'The result does not fit the type of the datastream',
  'letter.time-too-early': 'The time is too long ago (the device’s clock is wrong)',
  'letter.time-in-future': 'The time is in the future (the device’s clock is wrong)',
  'letter.too-deep': 'An object nests too deep',
  'letter.nul-character': 'Text holds U+0000',
  'letter.number-range': 'A number beyond what can be stored',
  'letter.kind.observation': 'observation',
  'letter.kind.service-event': 'service event',
  'letter.kind.record': 'Kafka record',
  'letter.corrected': 'corrected',
  'letter.edit': 'Correct it…',
  'letter.dropEdit': 'Drop the correction',
  'letter.editHint':
    'What was sent is kept as it is; the correction goes into the audit trail with your name.',
  'letter.noJson': 'This is not valid JSON yet.',
  'letter.sendCorrected': 'Send the correction',
  'letter.correctedHint':
    'The correction goes through ingest in the name of the provider. It is noted in the audit trail.',
}
