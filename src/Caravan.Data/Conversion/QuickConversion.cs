using Caravan.Data.Json;

namespace Caravan.Data.Conversion;

/// <summary>
/// Converts a record without building a document of it, if it is of the common form. If it returns false, it has
/// neither added nor counted anything, and the record is converted the thorough way, which also finds out what is wrong.
/// </summary>
/// <param name="record">The record, which is valid UTF-8.</param>
/// <param name="ordinal">Its position among those that were chosen.</param>
/// <param name="tally">Where units are counted, if the dataset counts them itself.</param>
/// <param name="batch">Where the results go.</param>
public delegate bool QuickConversion(RawRecord record, long ordinal, Tally tally, RecordBatch batch);
