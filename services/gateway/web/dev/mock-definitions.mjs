/** What the stand-in gateway computes: the names and shapes of catalogue/indicators, made-up ranges of values. */

const text = (vi, en) => ({ vi, en })
const AQI = [
  ['good', 'Tốt', 'Good', '#00e400', 50],
  ['moderate', 'Trung bình', 'Moderate', '#ffff00', 100],
  ['poor', 'Kém', 'Poor', '#ff7e00', 150],
  ['bad', 'Xấu', 'Bad', '#ff0000', 200],
  ['very-bad', 'Rất xấu', 'Very bad', '#8f3f97', 300],
  ['hazardous', 'Nguy hại', 'Hazardous', '#7e0023', null],
]
const ALARM = [
  ['below', 'Dưới báo động 1', 'Below alarm level 1', '#2f9e44', 0],
  ['bd1', 'Báo động 1', 'Alarm level 1', '#ffd43b', 1],
  ['bd2', 'Báo động 2', 'Alarm level 2', '#f76707', 2],
  ['bd3', 'Báo động 3', 'Alarm level 3', '#c92a2a', null],
]
const RAIN = [
  ['none', 'Không mưa hoặc mưa nhỏ', 'No or light rain', '#d0ebff', 16],
  ['moderate', 'Mưa vừa', 'Moderate rain', '#74c0fc', 50],
  ['heavy', 'Mưa to', 'Heavy rain', '#1c7ed6', 100],
  ['very-heavy', 'Mưa rất to', 'Very heavy rain', '#5f3dc4', null],
]
const PLACES = ['province', 'commune']
const SERVED = ['province', 'commune', 'agency', 'procedure']
const MONTHS = ['month', 'quarter', 'year']
const DECISION = {
  title: 'Quyết định 766/QĐ-TTg',
  article: 'Mục II, Phụ lục',
  issued: '2022-06-23',
  inForceFrom: '2022-08-01',
  note: 'Vận hành chính thức từ 1/8/2022',
}

function define(id, group, vi, en, symbol, decimals, direction, periods, range, more = {}) {
  const bands = (more.bands ?? []).map(([key, nameVi, nameEn, colour, upTo]) => ({
    key,
    name: text(nameVi, nameEn),
    colour,
    upTo,
  }))
  const [low, high] = range
  return {
    id,
    group,
    names: text(vi, en),
    shortNames: null,
    description: text(`${vi} của đơn vị trong kỳ.`, `${en} of the unit in the period.`),
    unit: { symbol, ucum: '1', name: more.unitName ?? null },
    direction,
    decimals,
    public: true,
    version: 1,
    versions: [
      {
        version: 1,
        effectiveFrom: '2022-08-01',
        effectiveTo: null,
        inForce: true,
        judgesNow: true,
        retired: false,
      },
    ],
    periods,
    subjects: PLACES,
    limits: [],
    sources: [],
    disputed: [],
    ...more,
    bands,
    low,
    high,
  }
}

const points = { unitName: text('điểm', 'points'), sources: [DECISION], public: false, subjects: SERVED }
function score(id, vi, en, components, more = {}) {
  return define(id, 'public-services', vi, en, 'điểm', 2, 'higher-is-better', MONTHS, [0, 100], {
    ...points,
    components: components.map(([indicator, maximum, fullAt = null, assumed = false]) => ({
      indicator,
      maximum,
      fullAt,
      assumed,
    })),
    disputed: [
      text(
        'Nguồn không nêu điểm tối đa hoặc ngưỡng của một số chỉ số thành phần: chia đều điểm của nhóm.',
        'The source does not give the maximum or the threshold of some parts: points are shared evenly.',
      ),
    ],
    ...more,
  })
}
function share(id, vi, en, range, more = {}) {
  return define(id, 'public-services', vi, en, '%', 2, 'higher-is-better', MONTHS, range, {
    sources: [DECISION],
    subjects: SERVED,
    ...more,
  })
}
const dossiers = { unitName: text('hồ sơ', 'dossiers'), subjects: SERVED }

export const DEFINITIONS = [
  define('rain-1h', 'floods', 'Lượng mưa 1 giờ', 'Rain in 1 hour', 'mm', 1, 'none', ['hour'], [0, 24]),
  define('rain-24h', 'floods', 'Lượng mưa 24 giờ', 'Rain in 24 hours', 'mm', 1, 'none', ['hour'], [0, 130], {
    bands: RAIN,
  }),
  define(
    'river-alarm-level',
    'floods',
    'Cấp báo động lũ',
    'Flood alarm level',
    'cấp',
    0,
    'lower-is-better',
    ['hour'],
    [0, 3],
    {
      bands: ALARM,
      unitName: text('cấp', 'level'),
      sources: [
        {
          title: 'Quyết định 05/2020/QĐ-TTg',
          article: 'Phụ lục',
          issued: '2020-01-31',
          inForceFrom: '2020-03-18',
          note: null,
        },
      ],
    },
  ),
  define(
    'river-rise',
    'floods',
    'Cường suất mực nước',
    'Rise of the water',
    'm/h',
    2,
    'lower-is-better',
    ['hour'],
    [-0.2, 0.9],
  ),
  define(
    'vn-aqi-hourly',
    'environment',
    'Chỉ số chất lượng không khí (VN_AQI) giờ',
    'Air quality index (VN_AQI), hourly',
    '',
    0,
    'lower-is-better',
    ['hour'],
    [20, 180],
    {
      bands: AQI,
      sources: [
        {
          title: 'Quyết định 1459/QĐ-TCMT',
          article: 'Mục 3',
          issued: '2019-11-12',
          inForceFrom: '2019-11-12',
          note: null,
        },
      ],
    },
  ),
  define(
    'vn-aqi-daily',
    'environment',
    'Chỉ số chất lượng không khí (VN_AQI) ngày',
    'Air quality index (VN_AQI), daily',
    '',
    0,
    'lower-is-better',
    ['day'],
    [30, 140],
    { bands: AQI },
  ),
  define(
    'pm2-5-24h',
    'environment',
    'Bụi mịn PM2.5 trung bình 24 giờ',
    'PM2.5, mean of 24 hours',
    'µg/m³',
    1,
    'lower-is-better',
    ['day'],
    [12, 68],
    {
      limits: [{ value: 50, name: text('QCVN 05:2023/BTNMT', 'QCVN 05:2023/BTNMT'), source: null }],
    },
  ),
  define(
    'temperature-daily-mean',
    'weather',
    'Nhiệt độ trung bình ngày',
    'Mean temperature of the day',
    '°C',
    1,
    'none',
    ['day'],
    [12, 27],
  ),
  define(
    'traffic-congestion-share',
    'traffic',
    'Tỷ lệ thời gian ùn tắc',
    'Share of time congested',
    '%',
    1,
    'lower-is-better',
    ['hour', 'day'],
    [0, 35],
  ),
  score(
    'd766-total',
    'Chỉ số phục vụ người dân, doanh nghiệp (766)',
    'Service index of Decision 766',
    [
      ['d766-1', 18],
      ['d766-2', 20],
      ['d766-3', 22],
      ['d766-4', 22],
      ['d766-5', 18],
    ],
    { subjects: ['province'] },
  ),
  score(
    'd766-total-computed',
    'Chỉ số 766 phần tính được (nhóm 2 đến 5)',
    'Decision 766, computable part (groups 2 to 5)',
    [
      ['d766-2', 20],
      ['d766-3', 22],
      ['d766-4', 22],
      ['d766-5', 18],
    ],
  ),
  define(
    'd766-1',
    'public-services',
    '766 – Nhóm 1: Công khai, minh bạch',
    '766 – Group 1: publicity and transparency',
    'điểm',
    2,
    'higher-is-better',
    MONTHS,
    [11, 17],
    { ...points, public: true, subjects: ['province'] },
  ),
  score('d766-2', '766 – Nhóm 2: Tiến độ, kết quả giải quyết', '766 – Group 2: progress and results', [
    ['d766-2.1', 20, 100, true],
  ]),
  score('d766-3', '766 – Nhóm 3: Cung cấp dịch vụ trực tuyến', '766 – Group 3: online services', [
    ['d766-3.1', 4, 80, true],
    ['d766-3.2', 4, 100, true],
    ['d766-3.3', 4, 50, true],
    ['d766-3.5', 5, 80, true],
    ['d766-3.6', 5, 100, true],
  ]),
  score('d766-4', '766 – Nhóm 4: Số hóa hồ sơ', '766 – Group 4: digitisation', [
    ['d766-4.1', 4.4, 100, true],
    ['d766-4.2', 4.4, 80, true],
    ['d766-4.3', 4.4, 80, true],
    ['d766-4.4', 4.4, 100, true],
    ['d766-4.5b', 4.4, 100, true],
  ]),
  score('d766-5', '766 – Nhóm 5: Mức độ hài lòng', '766 – Group 5: satisfaction', [
    ['d766-5.2', 6, 100, true],
    ['d766-5.3', 6, 100, true],
    ['d766-5.4', 6, 90],
  ]),
  share('d766-2.1', '766 – 2.1 Tỷ lệ hồ sơ đúng hạn', '766 – 2.1 Dossiers on time', [78, 99]),
  share(
    'd766-3.1',
    '766 – 3.1 Tỷ lệ TTHC có dịch vụ công trực tuyến',
    '766 – 3.1 Procedures offered online',
    [40, 90],
  ),
  share(
    'd766-3.2',
    '766 – 3.2 Tỷ lệ DVC trực tuyến có phát sinh hồ sơ',
    '766 – 3.2 Online services in use',
    [30, 80],
  ),
  share('d766-3.3', '766 – 3.3 Tỷ lệ hồ sơ trực tuyến', '766 – 3.3 Dossiers handed in online', [35, 95]),
  share(
    'd766-3.5',
    '766 – 3.5 Tỷ lệ TTHC có dữ liệu thanh toán',
    '766 – 3.5 Procedures with payments',
    [30, 90],
  ),
  share(
    'd766-3.6',
    '766 – 3.6 Tỷ lệ hồ sơ thanh toán trực tuyến',
    '766 – 3.6 Dossiers paid online',
    [20, 85],
  ),
  share('d766-4.1', '766 – 4.1 Tỷ lệ hồ sơ cấp kết quả điện tử', '766 – 4.1 Electronic results', [55, 98]),
  share('d766-4.2', '766 – 4.2 Tỷ lệ hồ sơ được số hóa', '766 – 4.2 Digitised dossiers', [45, 96]),
  share(
    'd766-4.3',
    '766 – 4.3 Tỷ lệ khai thác, sử dụng lại dữ liệu số hóa',
    '766 – 4.3 Reuse of digitised data',
    [10, 70],
  ),
  share(
    'd766-4.4',
    '766 – 4.4 Tỷ lệ hồ sơ dùng kho dữ liệu điện tử',
    '766 – 4.4 Dossiers from the data store',
    [15, 75],
  ),
  share(
    'd766-4.5b',
    '766 – 4.5b Tỷ lệ hồ sơ khai thác dữ liệu dân cư',
    '766 – 4.5b Dossiers using population data',
    [30, 88],
  ),
  share('d766-5.2', '766 – 5.2 Tỷ lệ PAKN xử lý đúng hạn', '766 – 5.2 Petitions answered on time', [70, 100]),
  share('d766-5.3', '766 – 5.3 Tỷ lệ PAKN xử lý đạt yêu cầu', '766 – 5.3 Petitions answered well', [60, 95]),
  share('d766-5.4', '766 – 5.4 Mức độ hài lòng trong giải quyết TTHC', '766 – 5.4 Satisfaction', [75, 97]),
  define(
    'cases-open',
    'public-services',
    'Hồ sơ đang giải quyết',
    'Open dossiers',
    'hồ sơ',
    0,
    'lower-is-better',
    ['day', 'month'],
    [40, 900],
    dossiers,
  ),
  define(
    'cases-overdue',
    'public-services',
    'Hồ sơ quá hạn chưa giải quyết',
    'Overdue dossiers',
    'hồ sơ',
    0,
    'lower-is-better',
    ['day', 'month'],
    [0, 90],
    { ...dossiers, public: false },
  ),
  define(
    'cases-due-soon',
    'public-services',
    'Hồ sơ sắp đến hạn',
    'Dossiers due soon',
    'hồ sơ',
    0,
    'lower-is-better',
    ['day'],
    [5, 140],
    { ...dossiers, public: false },
  ),
  define(
    'cases-median-days',
    'public-services',
    'Thời gian giải quyết trung vị',
    'Median days to finish',
    'ngày',
    1,
    'lower-is-better',
    MONTHS,
    [1, 9],
    { unitName: text('ngày', 'days'), subjects: SERVED },
  ),
]

export const AGENCIES = [
  ['SXD', 'Sở Xây dựng', 'Department of Construction'],
  ['SNNMT', 'Sở Nông nghiệp và Môi trường', 'Department of Agriculture and Environment'],
  ['STP', 'Sở Tư pháp', 'Department of Justice'],
  ['SCT', 'Sở Công Thương', 'Department of Industry and Trade'],
  ['SYT', 'Sở Y tế', 'Department of Health'],
  ['SNV', 'Sở Nội vụ', 'Department of Home Affairs'],
  ['SKHCN', 'Sở Khoa học và Công nghệ', 'Department of Science and Technology'],
  ['UBND-03006', 'UBND phường Sa Pa', "People's Committee of Sa Pa Ward"],
  ['UBND-02647', 'UBND phường Lào Cai', "People's Committee of Lao Cai Ward"],
].map(([key, name, nameEn]) => ({ kind: 'agency', key, name, nameEn }))

export const PROCEDURES = [
  ['1.004227', 'Đăng ký biến động quyền sử dụng đất', 'Change of land-use rights'],
  ['2.000635', 'Cấp bản sao trích lục hộ tịch', 'Copy of a civil-status record'],
  ['1.009994', 'Cấp giấy phép xây dựng mới', 'New building permit'],
  ['1.001193', 'Đăng ký khai sinh', 'Registration of a birth'],
  ['2.000815', 'Chứng thực bản sao từ bản chính', 'Certified copy of an original'],
].map(([key, name, nameEn]) => ({ kind: 'procedure', key, name, nameEn }))
