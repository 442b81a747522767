using Leadglass.Dicom;

namespace Leadglass.Cli.Demo.Phantoms;

/// <summary>Four studies of people who do not exist: a CT head, an MR spine, a chest X-ray and a mammogram.</summary>
internal static class PhantomStudies
{
    /// <summary>
    /// Every instance of the four studies, study by study, in explicit value representations. The same seed and day give
    /// the same instances, UIDs included.
    /// </summary>
    public static IEnumerable<DataSet> All(int seed, DateOnly today)
    {
        foreach (var instance in CtHeadSlices(seed, today))
        {
            yield return instance;
        }

        foreach (var instance in MrSpineSlices(seed, today))
        {
            yield return instance;
        }

        yield return ChestImage(seed, today);
        yield return MammogramImage(seed, today);
    }

    private static IEnumerable<DataSet> CtHeadSlices(int seed, DateOnly today)
    {
        var study = new PhantomStudy("PHANTOM^HEAD", "PH-0001", "M", today, 54, "CT", "CT head without contrast", seed);
        for (var slice = 0; slice < CtHead.Slices; slice++)
        {
            var instance = study.Begin(SopClasses.CTImageStorage, slice + 1, "Head 5.0 mm");
            instance.SetString(DicomTag.ImageType, "ORIGINAL", "PRIMARY", "AXIAL");
            instance.SetString(DicomTag.BodyPartExamined, "HEAD");
            instance.SetString(DicomTag.PatientPosition, "HFS");
            instance.SetString(DicomTag.KVP, "120");
            instance.SetString(DicomTag.XRayTubeCurrent, "240");
            instance.SetString(DicomTag.ExposureTime, "1000");
            instance.SetString(DicomTag.ConvolutionKernel, "BRAIN");
            instance.SetString(DicomTag.AcquisitionNumber, "1");
            instance.SetString(DicomTag.RescaleIntercept, "-1024");
            instance.SetString(DicomTag.RescaleSlope, "1");
            instance.SetString(DicomTag.RescaleType, "HU");
            Plane(
                instance,
                study,
                slice,
                CtHead.SliceSpacing,
                "1\\0\\0\\0\\1\\0",
                ["-117.76", "-117.76", $"{slice * 5}"]
            );
            Window(instance, 40, 90);
            var stored = CtHead.Paint(slice, seed).Select(value => (ushort)(value + 1024)).ToArray();
            Pixels(instance, stored, CtHead.Size, CtHead.Size, CtHead.PixelSpacing, DicomTag.PixelSpacing);
            yield return instance;
        }
    }

    private static IEnumerable<DataSet> MrSpineSlices(int seed, DateOnly today)
    {
        var study = new PhantomStudy("PHÄNTOM^RÜCKEN", "PH-0002", "F", today, 47, "MR", "MR lumbar spine", seed);
        for (var slice = 0; slice < MrSpine.Slices; slice++)
        {
            var instance = study.Begin(SopClasses.MRImageStorage, slice + 1, "T2 TSE sagittal");
            instance.SetString(DicomTag.ImageType, "ORIGINAL", "PRIMARY", "M");
            instance.SetString(DicomTag.BodyPartExamined, "LSPINE");
            instance.SetString(DicomTag.PatientPosition, "HFS");
            instance.SetString(DicomTag.ScanningSequence, "SE");
            instance.SetString(DicomTag.SequenceVariant, "SK");
            instance.SetString(DicomTag.ScanOptions, "PFP");
            instance.SetString(DicomTag.MRAcquisitionType, "2D");
            instance.SetString(DicomTag.RepetitionTime, "3600");
            instance.SetString(DicomTag.EchoTime, "105");
            instance.SetString(DicomTag.EchoTrainLength, "17");
            instance.SetString(DicomTag.MagneticFieldStrength, "1.5");
            var left = (slice - (MrSpine.Slices / 2)) * MrSpine.SliceSpacing;
            Plane(instance, study, slice, MrSpine.SliceSpacing, "0\\1\\0\\0\\0\\-1", [$"{left:0.0}", "-144", "144"]);
            Window(instance, 620, 1300);
            var stored = MrSpine.Paint(slice, seed).Select(value => (ushort)value).ToArray();
            Pixels(instance, stored, MrSpine.Size, MrSpine.Size, MrSpine.PixelSpacing, DicomTag.PixelSpacing);
            yield return instance;
        }
    }

    private static DataSet ChestImage(int seed, DateOnly today)
    {
        var study = new PhantomStudy("PHANTOM^CHEST", "PH-0003", "M", today, 61, "DX", "Chest X-ray, PA", seed);
        var instance = study.Begin(SopClasses.DigitalXRayImageStorageForPresentation, 1, "Chest PA");
        Projection(instance, "CHEST", "PA", "R\\F");
        instance.SetString(DicomTag.KVP, "125");
        instance.SetString(DicomTag.ImageLaterality, "U");
        instance.SetItems(DicomTag.AnatomicRegionSequence, Code("43799004", "SCT", "Thorax"));
        Window(instance, 1900, 3300);
        Pixels(
            instance,
            ChestXRay.Paint(seed),
            ChestXRay.Size,
            ChestXRay.Size,
            ChestXRay.PixelSpacing,
            DicomTag.ImagerPixelSpacing
        );
        return instance;
    }

    private static DataSet MammogramImage(int seed, DateOnly today)
    {
        var study = new PhantomStudy("PHANTOM^BREAST", "PH-0004", "F", today, 58, "MG", "Screening mammogram", seed);
        var instance = study.Begin(SopClasses.DigitalMammographyXRayImageStorageForPresentation, 1, "L MLO");
        Projection(instance, "BREAST", "MLO", "A\\FR");
        instance.SetString(DicomTag.KVP, "29");
        instance.SetString(DicomTag.AnodeTargetMaterial, "TUNGSTEN");
        instance.SetString(DicomTag.CompressionForce, "98");
        instance.SetString(DicomTag.ImageLaterality, "L");
        instance.SetString(DicomTag.OrganExposed, "BREAST");
        instance.SetString(DicomTag.BreastImplantPresent, "NO");
        instance.SetString(DicomTag.PartialView, "NO");
        instance.SetItems(DicomTag.AnatomicRegionSequence, Code("76752008", "SCT", "Breast"));
        var view = Code("399368009", "SCT", "medio-lateral oblique");
        view.SetItems(DicomTag.ViewModifierCodeSequence);
        instance.SetItems(DicomTag.ViewCodeSequence, view);
        Window(instance, 1500, 2800);
        Pixels(
            instance,
            Mammogram.Paint(seed),
            Mammogram.Rows,
            Mammogram.Columns,
            Mammogram.PixelSpacing,
            DicomTag.ImagerPixelSpacing
        );
        return instance;
    }

    private static void Projection(DataSet instance, string bodyPart, string view, string orientation)
    {
        instance.SetString(DicomTag.ImageType, "ORIGINAL", "PRIMARY", string.Empty);
        instance.SetString(DicomTag.BodyPartExamined, bodyPart);
        instance.SetString(DicomTag.ViewPosition, view);
        instance.SetString(DicomTag.PatientOrientation, orientation.Split('\\'));
        instance.SetString(DicomTag.PresentationIntentType, "FOR PRESENTATION");
        instance.SetString(DicomTag.PresentationLUTShape, "IDENTITY");
        instance.SetString(DicomTag.PixelIntensityRelationship, "LOG");
        instance.SetInt16(DicomTag.PixelIntensityRelationshipSign, -1);
        instance.SetString(DicomTag.RescaleIntercept, "0");
        instance.SetString(DicomTag.RescaleSlope, "1");
        instance.SetString(DicomTag.RescaleType, "US");
        instance.SetString(DicomTag.DetectorType, "DIRECT");
        instance.SetString(DicomTag.BurnedInAnnotation, "NO");
        instance.SetString(DicomTag.LossyImageCompression, "00");
    }

    private static void Plane(
        DataSet instance,
        PhantomStudy study,
        int slice,
        double spacing,
        string orientation,
        ReadOnlySpan<string> position
    )
    {
        instance.SetString(DicomTag.FrameOfReferenceUID, study.Uid("frame", 0));
        instance.SetEmpty(DicomTag.PositionReferenceIndicator);
        instance.SetString(DicomTag.ImageOrientationPatient, orientation.Split('\\'));
        instance.SetString(DicomTag.ImagePositionPatient, position);
        instance.SetString(DicomTag.SliceLocation, $"{slice * spacing:0.0}");
        instance.SetString(DicomTag.SliceThickness, $"{spacing:0.0}");
        instance.SetString(DicomTag.SpacingBetweenSlices, $"{spacing:0.0}");
    }

    private static void Window(DataSet instance, int centre, int width)
    {
        instance.SetString(DicomTag.WindowCenter, $"{centre}");
        instance.SetString(DicomTag.WindowWidth, $"{width}");
    }

    private static void Pixels(
        DataSet instance,
        ReadOnlySpan<ushort> stored,
        int rows,
        int columns,
        double spacing,
        DicomTag spacingTag
    )
    {
        instance.SetUInt16(DicomTag.SamplesPerPixel, 1);
        instance.SetString(DicomTag.PhotometricInterpretation, "MONOCHROME2");
        instance.SetUInt16(DicomTag.Rows, (ushort)rows);
        instance.SetUInt16(DicomTag.Columns, (ushort)columns);
        instance.SetString(spacingTag, $"{spacing:0.00}", $"{spacing:0.00}");
        instance.SetUInt16(DicomTag.BitsAllocated, 16);
        instance.SetUInt16(DicomTag.BitsStored, 12);
        instance.SetUInt16(DicomTag.HighBit, 11);
        instance.SetUInt16(DicomTag.PixelRepresentation, 0);
        var bytes = new byte[stored.Length * 2];
        for (var index = 0; index < stored.Length; index++)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteUInt16LittleEndian(
                bytes.AsSpan(index * 2),
                Math.Min(stored[index], (ushort)4095)
            );
        }

        instance.SetBytes(DicomTag.PixelData, ValueRepresentation.OW, bytes);
    }

    private static DataSet Code(string value, string scheme, string meaning)
    {
        var code = new DataSet();
        code.SetString(DicomTag.CodeValue, value);
        code.SetString(DicomTag.CodingSchemeDesignator, scheme);
        code.SetString(DicomTag.CodeMeaning, meaning);
        return code;
    }
}
